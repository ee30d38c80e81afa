//go:build !linux

package faults

func debugged(b *bed)        { b.skip("Linux only") }
func (b *bed) trace(pid int) { b.skip("Linux only") }
func headless(ready func())  { ready(); select {} }

func (b *bed) unopened() string { b.skip("Linux only"); return "" }
