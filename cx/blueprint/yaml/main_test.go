package yaml_test

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// update says that the files which are made by this package are written instead of compared.
var update = flag.Bool("update", false, "write schema.json and the golden files of testdata")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
