// Command leat runs the flows of a pipeline.yaml.
package main

import (
	"os"

	"github.com/leat-io/leat/cli"
	"github.com/leat-io/leat/providers"
)

func main() { os.Exit(cli.Main(cli.StandardCatalog(), providers.Setups()...)) }
