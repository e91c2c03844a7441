package backtest_test

import (
	"flag"
	"testing"
	_ "time/tzdata" // the tests need no zone data of the machine

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// The seed in a failure's output is enough to repeat it, so rapid writes no files to testdata.
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}
