//go:build darwin || freebsd

package process

import "fmt"

func trace(int) { fmt.Println("Linux only") }
