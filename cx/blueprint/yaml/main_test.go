package yaml_test

import (
	"flag"
	"testing"
	_ "time/tzdata" // the tests need no zone data of the machine

	"go.uber.org/goleak"
)

// update makes the tests write the generated files instead of comparing them.
var update = flag.Bool("update", false, "write schema.json and the golden files of testdata")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
