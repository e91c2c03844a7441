package ratchet_test

import (
	"flag"
	"os"
	"testing"
	_ "time/tzdata" // the tests need no zone data of the machine
)

func TestMain(m *testing.M) {
	// The seed in a failure's output is enough to repeat it, so rapid writes no files to testdata.
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
