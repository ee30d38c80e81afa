// Ganger runs a whole app from its Procfile.
package main

import (
	"os"

	"ganger/cli"
)

func main() { os.Exit(cli.Main()) }
