package watch_test

import (
	"testing"
	_ "time/tzdata" // the tests need no zone data of the machine

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
