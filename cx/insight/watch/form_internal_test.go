package watch

import (
	"testing"

	"cairncx.dev/cairn/internal/leased/leasedtest"
)

// TestForm: the lease is kept as leased.Held relies on.
func TestForm(t *testing.T) {
	t.Parallel()
	state := func(holder string, epoch, lease int64) func() *lock {
		return func() *lock { return &lock{Version: version, Holder: holder, Epoch: epoch, Lease: lease} }
	}
	leasedtest.Form(t, form{"first", 7}, func(l *lock) { l.Holder, l.Lease = "", 0 }, []leasedtest.Case[*lock]{
		{Name: "held", Reason: "name and epoch are those of the instance", State: state("first", 7, 1000), Mine: true},
		{Name: "of another", Reason: "the name differs", State: state("second", 7, 1000)},
		{Name: "of its own later turn", Reason: "the epoch differs: the instance has lost it meanwhile", State: state("first", 8, 1000)},
		{Name: "of its own earlier turn", Reason: "as above", State: state("first", 6, 1000)},
		{Name: "released", Reason: "it has no holder", State: state("", 7, 0)},
	})
}
