// Release looks at the configuration before the others start with it.
package main

import "ganger/testdata/demo/say"

func main() {
	say.Line("GREETING is %q", say.Need("GREETING"))
	say.Line("CLOCK_INTERVAL is %v", say.NeedInterval("CLOCK_INTERVAL"))
	say.Line("the configuration is %s", say.Good("complete"))
}
