package touchpoint_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/touchpoint"
)

var importPolicy = touchpoint.DefineContactPolicy("contacts",
	touchpoint.Purpose("offer"), touchpoint.Purpose("survey"), touchpoint.ContactWait(time.Second))

// importKey is the customer key of tests.
const importKey = "a key of at least 16 bytes"

// registry returns a context with a client on the store.
func registry(t testing.TB, store ledger.Store, opts ...cx.Option) context.Context {
	t.Helper()
	client, err := cx.New(append([]cx.Option{
		cx.WithStore(store), cx.WithCustomerKey([]byte(importKey)), cx.WithDefinitions(importPolicy),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return cx.NewContext(context.Background(), client)
}

// pipe is a reader that cannot go back.
type pipe struct{ io.Reader }

// TestImport: which rows a list enters, and what the report says of them.
func TestImport(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, list string
		opts       []touchpoint.ImportOption
		want       touchpoint.ImportReport
		stopped    []string // who may not get an offer by e-mail
		free       []string
		reason     string
	}{
		{
			"plain", "customer,reason,at,source\nalice,deceased,2026-03-01,registry\nbob,moved,2026-03-01T10:00:00+02:00,\n", nil,
			touchpoint.ImportReport{Rows: 2, Added: 2},
			[]string{"alice", "bob"},
			[]string{"carol"},
			"each row is a person",
		},
		{
			"a sheet of a German Excel", "\ufeffAddressee;Reason;At\r\nc@example.com;Opted out;2026-03-01\r\n;;\r\n", nil,
			touchpoint.ImportReport{Rows: 1, Added: 1},
			[]string{"c@example.com"},
			nil, "byte order mark, CRLF, semicolons, an empty row at the end",
		},
		{
			"tabs and other columns first", "at\treason\tcustomer\n2026-03-01\tminor\talice\n", nil,
			touchpoint.ImportReport{Rows: 1, Added: 1},
			[]string{"alice"},
			nil, "columns have names and no order",
		},
		{
			"quoted", "customer,reason,at,source\n\"a, \"\"b\"\"\",minor,2026-03-01,\"list, of March\"\n", nil,
			touchpoint.ImportReport{Rows: 1, Added: 1},
			[]string{`a, "b"`},
			nil, "a cell may contain the delimiter and quotation marks",
		},
		{
			"no end of line at the end", "customer,reason,at\nalice,minor,2026-03-01", nil,
			touchpoint.ImportReport{Rows: 1, Added: 1},
			[]string{"alice"},
			nil, "the last row counts",
		},
		{"only a header", "customer,reason,at\n", nil, touchpoint.ImportReport{}, nil, []string{"alice"}, "an empty list is a list"},
		{
			"one purpose", "customer,reason,purpose,at\nalice,opted_out,survey,2026-03-01\nbob,opted_out,offer,2026-03-01\n", nil,
			touchpoint.ImportReport{Rows: 2, Added: 2},
			[]string{"bob"},
			[]string{"alice"},
			"an offer is no survey",
		},
		{
			"one channel", "customer,reason,channel,at\nalice,opted_out,Phone,2026-03-01\nbob,opted_out,email,2026-03-01\n", nil,
			touchpoint.ImportReport{Rows: 2, Added: 2},
			[]string{"bob"},
			[]string{"alice"},
			"e-mail is no call",
		},
		{
			"the same row twice", "customer,reason,at\nalice,minor,2026-03-01\nalice,minor,2026-03-01\n", nil,
			touchpoint.ImportReport{Rows: 2, Added: 1, Known: 1},
			[]string{"alice"},
			nil, "the second one is known",
		},
		{
			"a person with two times", "customer,reason,at\nalice,minor,2026-03-01\nalice,minor,2026-03-02\nalice,minor,2026-03-01\n", nil,
			touchpoint.ImportReport{Rows: 3, Added: 1, Renewed: 1, Known: 1},
			[]string{"alice"},
			nil, "the later time counts",
		},
		{
			"lifted", "customer,reason,at\nlifted,moved,2026-03-09\nagain,moved,2026-03-10\nlater,moved,2026-03-11\nforce,moved,2026-03-09\n", nil,
			touchpoint.ImportReport{Rows: 4, Added: 2, StayLifted: 1, Known: 1},
			[]string{"again", "later", "force"},
			[]string{"lifted"},
			"what an employee lifted on the 10th stays so against what was said before",
		},
		{
			"a time for the list", "customer,reason\nlifted,moved\nalice,moved\n",
			[]touchpoint.ImportOption{touchpoint.ImportDate(time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)), touchpoint.ImportSource("agency"), nil},
			touchpoint.ImportReport{Rows: 2, Added: 1, StayLifted: 1},
			[]string{"alice"},
			[]string{"lifted"},
			"a list without times was made at some time",
		},
		{
			"a date in a zone", "customer,reason,at\nlifted,moved,2026-03-10\n",
			[]touchpoint.ImportOption{touchpoint.ImportZone(time.FixedZone("", -1))},
			touchpoint.ImportReport{Rows: 1, Added: 1},
			[]string{"lifted"},
			nil, "the day begins later in the west: after the lift, at midnight UTC",
		},
		{
			"no zone", "customer,reason,at\nlifted,moved,2026-03-10\n",
			[]touchpoint.ImportOption{touchpoint.ImportZone(time.FixedZone("", 1)), touchpoint.ImportZone(nil)},
			touchpoint.ImportReport{Rows: 1, Added: 1},
			[]string{"lifted"},
			nil, "nil is UTC: the suppression is as late as the lift",
		},
		{
			"dry", "customer,reason,at\nalice,minor,2026-03-01\nforce,moved,2026-03-09\n",
			[]touchpoint.ImportOption{touchpoint.ImportDry()},
			touchpoint.ImportReport{Rows: 2, Added: 1, Known: 1},
			nil,
			[]string{"alice"},
			"a dry run changes nothing",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ctx := registry(t, new(memory.Store))
			day := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }
			for _, who := range []string{"lifted", "again", "later", "force"} {
				who := event.Customer{ID: who}
				noFault(t, importPolicy.Suppress(ctx, who, touchpoint.Suppression{Reason: touchpoint.Moved, At: day(9)}))
				if who.ID != "force" {
					noFault(t, importPolicy.Lift(ctx, who, touchpoint.Suppression{Reason: touchpoint.Moved, At: day(10)}, "employee-1"))
				}
			}
			got, err := importPolicy.Import(ctx, strings.NewReader(test.list), test.opts...)
			got.First = false
			if d := cmp.Diff(test.want, got); d != "" || err != nil {
				t.Errorf("%s: the error is %v (-want +got):\n%s", test.reason, err, d)
			}
			for _, who := range test.stopped {
				if ok, rule := importPolicy.May(ctx, event.Customer{ID: "x"}, "offer", event.Email, touchpoint.To(who)); ok || rule != event.RuleSuppressed {
					t.Errorf("%s: %s may be contacted", test.reason, who)
				}
			}
			for _, who := range test.free {
				if ok, rule := importPolicy.May(ctx, event.Customer{ID: who}, "offer", event.Email); !ok {
					t.Errorf("%s: %s may not be contacted: %s", test.reason, who, rule)
				}
			}
		})
	}
}

func noFault(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestBadLists: a bad row has its place and a remedy, its content is in no message, and a list with one changes nothing.
func TestBadLists(t *testing.T) {
	t.Parallel()
	const good = "bob,minor,2026-03-01"
	for _, test := range []struct {
		name, list, want string
		entered          int // with ImportPartially
	}{
		{"empty", "", "line 1: the list is empty", 0},
		{"only a byte order mark", "\ufeff", "line 1: the list is empty", 0},
		{"UTF-16", "\xff\xfec\x00u\x00", "line 1: the list is in UTF-16", 0},
		{"no header", "secret,minor,2026-03-01\n" + good, "line 1:1: column 1 of the first row has no name", 0},
		{"an unknown column", "customer,reason,secret\n" + good, "line 1:17: column 3 of the first row", 0},
		{"a column twice", "customer,reason,at,Customer\nbob,minor,2026-03-01,secret", "line 1:20: the column customer is there twice", 0},
		{"no subject", "reason,at\nminor,2026-03-01", "no column customer or addressee", 0},
		{"no reason", "customer,at\nsecret,2026-03-01", "no column reason: add one with deceased, moved", 0},
		{"no time", "customer,reason\nsecret,minor", "no column at", 0},
		{"an unknown reason", "customer,reason,at\nx,secret,2026-03-01\n" + good, "line 2:3: the reason is not one of deceased, moved, opted_out, minor, complaint", 1},
		{"no ID", "customer,reason,at\n,minor,2026-03-01\n" + good, "line 2:1: the row names neither", 1},
		{"two IDs", "customer,reason,at,addressee\nsecret,minor,2026-03-01,secret\n" + good + ",", "line 2:25: the row has a customer and an addressee", 1},
		{"a space before the ID", "customer,reason,at\n secret,minor,2026-03-01\n" + good, "line 2:1: the ID has a space", 1},
		{"NUL in the ID", "customer,reason,at\nsec\x00ret,minor,2026-03-01\n" + good, "line 2:1: the ID is not 1 to 128 bytes", 1},
		{"a newline in the ID", "customer,reason,at\n\"sec\nret\",minor,2026-03-01\n" + good, "line 2:1: the ID is not 1 to 128 bytes", 1},
		{"Latin 1", "customer,reason,at\nsecret\xe9,minor,2026-03-01\n" + good, "line 2:1: the ID is not UTF-8", 1},
		{"a long ID", "customer,reason,at\n" + strings.Repeat("secret", 30) + ",minor,2026-03-01\n" + good, "line 2:1: the ID is not 1 to 128 bytes", 1},
		{"an unknown purpose", "customer,reason,at,purpose\nx,minor,2026-03-01,secret\n" + good + ",", `line 2:20: the contact policy has no such purpose: it has ["offer" "survey"]`, 1},
		{"an unknown channel", "customer,reason,at,channel\nx,minor,2026-03-01,secret\n" + good + ",", "line 2:20: there is no such channel", 1},
		{"an American date", "customer,reason,at\nx,minor,03/31/2026\n" + good, "line 2:9: the time cannot be read", 1},
		{"an empty time", "customer,reason,at\nx,minor,\n" + good, "line 2:9: the cell at is empty", 1},
		{"a time before all", "customer,reason,at\nx,minor,1907-01-01\n" + good, "line 2:9: the time is before 1970", 1},
		{"a time ahead", "customer,reason,at\nx,minor,2200-01-01\n" + good, "line 2:9: the time is in the future", 1},
		{"a source that is no name", "customer,reason,at,source\nx,minor,2026-03-01,\"sec\nret\"\n" + good + ",", "line 2:20: the source is not", 1},
		{"too few cells", "customer,reason,at\nsecret,minor\n" + good, "line 2: the row has not the 3 cells", 1},
		{"too many cells", "customer,reason,at\nsecret,minor,2026-03-01,x\n" + good, "line 2: the row has not the 3 cells", 1},
		{"a quotation mark in a cell", "customer,reason,at\nsec\"ret,minor,2026-03-01\n" + good, "line 2:4: a quotation mark is inside a cell", 1},
		{"text after a quoted cell", "customer,reason,at\n\"sec\"ret,minor,2026-03-01\n" + good, "line 2:5: a quotation mark is not closed", 1},
		{"a quotation mark that is not closed", "customer,reason,at\n" + good + "\n\"secret,minor,2026-03-01\n" + good, "a quotation mark is not closed", 1},
		{"after a row of two lines", "customer,reason,at,source\n\"\n\",minor,2026-03-01,\n" + good + ",secret\x00\n", "line 4:22: the source is not", 0},
		{"a huge cell", "customer,reason,at\n" + good + "\n\"" + strings.Repeat("secret\n", 20000), "line 3: the row has more than 64 KiB", 1},
		{"a huge header", strings.Repeat("secret", 20000), "more than 64 KiB", 0},
		{"a huge number of cells", "customer,reason,at\n" + good + "\n" + strings.Repeat(",", 1<<20), "line 3: the row has more than 64 KiB", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ctx := registry(t, new(memory.Store))
			for _, how := range []struct {
				what    string
				list    io.Reader
				opts    []touchpoint.ImportOption
				entered int
			}{
				{"whole", strings.NewReader(test.list), nil, 0},
				{"dry", strings.NewReader(test.list), []touchpoint.ImportOption{touchpoint.ImportDry()}, 0},
				{"partial", pipe{strings.NewReader(test.list)}, []touchpoint.ImportOption{touchpoint.ImportPartially()}, test.entered},
			} {
				report, err := importPolicy.Import(ctx, how.list, how.opts...)
				if !errors.Is(err, touchpoint.ErrBadRows) || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%s: the error is %v, want %q", how.what, err, test.want)
				}
				if err != nil && (strings.Contains(err.Error(), "secret") || strings.Contains(fmt.Sprint(report), "secret")) {
					t.Errorf("%s: the error or the report has content of the list: %v", how.what, err)
				}
				if said := err != nil && strings.Contains(err.Error(), "the others were entered"); said != (how.entered > 0) {
					t.Errorf("%s: it says that others were entered: %v: %v", how.what, said, err)
				}
				if report.Added != how.entered || report.Bad == 0 || len(report.Faults) == 0 {
					t.Errorf("%s: the report is %+v, want %d rows entered", how.what, report, how.entered)
				}
				if _, err := importPolicy.Record(ctx, event.Customer{ID: "bob"}); errors.Is(err, touchpoint.ErrNoRecord) != (how.entered == 0) {
					t.Errorf("%s: the record of the good row is %v", how.what, err)
				}
			}
		})
	}
}

// TestManyFaults: a list of bad rows makes a bounded report.
func TestManyFaults(t *testing.T) {
	t.Parallel()
	ctx := registry(t, new(memory.Store))
	report, err := importPolicy.Import(ctx, strings.NewReader("customer,reason,at\n"+strings.Repeat("x,y,z\n", 1000)))
	if report.Bad != 1000 || len(report.Faults) != 20 || err == nil || !strings.HasSuffix(err.Error(), "and 980 more") {
		t.Errorf("%d bad rows, %d of them named, and the error ends %.60q", report.Bad, len(report.Faults), err)
	}
}

// countedStore is a store whose writes a test counts, and may break.
type countedStore struct {
	*memory.Store

	appends, writes atomic.Int64
	fail            atomic.Pointer[func(appends int) error]
}

func (c *countedStore) Shelf(name string) ledger.Store { return &countedShelf{c.Store.Shelf(name), c} }

type countedShelf struct {
	ledger.Store

	c *countedStore
}

func (s *countedShelf) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	s.c.writes.Add(1)
	for i := range changes {
		if changes[i].Replace == nil {
			s.c.appends.Add(1)
		}
	}
	if fail := s.c.fail.Load(); fail != nil {
		if err := (*fail)(int(s.c.appends.Load())); err != nil {
			return nil, err
		}
	}
	return s.Store.Write(ctx, changes)
}

var errBroken = errors.New("the store is broken")

// listOf returns a list with n customers.
func listOf(n int) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"customer", "reason", "at", "source"})
	for i := range n {
		_ = w.Write([]string{fmt.Sprint("customer-", i), "opted_out", "2026-03-01", "agency list"})
	}
	w.Flush()
	return b.Bytes()
}

// TestImportAgain: a second import writes nothing; one that the store has broken off is completed by the next one.
func TestImportAgain(t *testing.T) {
	t.Parallel()
	const rows = 1000
	store := &countedStore{Store: new(memory.Store)}
	ctx := registry(t, store)
	broken := func(appends int) error {
		if appends > 600 {
			return errBroken
		}
		return nil
	}
	store.fail.Store(&broken)
	first, err := importPolicy.Import(ctx, bytes.NewReader(listOf(rows)))
	if !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "the rows before line 514 are entered") || first.Added != 512 {
		t.Errorf("a broken import added %d rows, and its error is %v", first.Added, err)
	}
	store.fail.Store(nil)
	second, err := importPolicy.Import(ctx, bytes.NewReader(listOf(rows)))
	if err != nil || second.Added != rows-512 || second.Known != 512 {
		t.Errorf("the next import: %+v, %v", second, err)
	}
	before, calls := int(store.appends.Load()), int(store.writes.Load())
	third, err := importPolicy.Import(ctx, bytes.NewReader(listOf(rows)))
	if err != nil || third.Known != rows || third.First {
		t.Errorf("the third import: %+v, %v", third, err)
	}
	if int(store.appends.Load()) != before {
		t.Errorf("the third import appended %d entries", int(store.appends.Load())-before)
	}
	if n := int(store.writes.Load()) - calls; n > rows/256+2 {
		t.Errorf("the third import made %d calls of the store", n)
	}
}

// TestImportRefuses: an import that cannot be made says why, before it changes anything.
func TestImportRefuses(t *testing.T) {
	t.Parallel()
	store := new(memory.Store)
	ctx := registry(t, store)
	list := func() io.Reader { return strings.NewReader("customer,reason,at\nalice,minor,2026-03-01\n") }
	done, cancel := context.WithCancel(ctx)
	cancel()
	var none *touchpoint.ContactPolicy
	for _, test := range []struct {
		name   string
		policy *touchpoint.ContactPolicy
		ctx    context.Context
		list   io.Reader
		opts   []touchpoint.ImportOption
		want   string
	}{
		{"a nil policy", none, ctx, list(), nil, "the contact policy is nil"},
		{"a faulty policy", touchpoint.DefineContactPolicy("contacts"), ctx, list(), nil, "it has no Purpose"},
		{"no list", importPolicy, ctx, nil, nil, "there is no list"},
		{"no client", importPolicy, nil, list(), nil, "no client"},
		{"no store", importPolicy, registry(t, nil), list(), nil, "no store"},
		{"no key", importPolicy, registry(t, store, cx.WithoutCustomerIDs()), list(), nil, "no key"},
		{"a pipe", importPolicy, ctx, pipe{list()}, nil, "cannot go back"},
		{"a bad source", importPolicy, ctx, list(), []touchpoint.ImportOption{touchpoint.ImportSource("a\nb")}, "the source of the list"},
		{"a time ahead", importPolicy, ctx, list(), []touchpoint.ImportOption{touchpoint.ImportDate(time.Now().Add(time.Hour))}, "in the future"},
		{"a context that is done", importPolicy, done, list(), nil, "context canceled"},
		{
			"a reader that fails", importPolicy, ctx,
			pipe{io.MultiReader(strings.NewReader("customer,reason,at\n"), brokenList{})},
			[]touchpoint.ImportOption{touchpoint.ImportPartially()},
			"reading the list: the store is broken",
		},
	} {
		report, err := test.policy.Import(test.ctx, test.list, test.opts...)
		if err == nil || !strings.Contains(err.Error(), test.want) || report.Added != 0 {
			t.Errorf("%s: %+v and the error %v, want %q", test.name, report, err, test.want)
		}
	}
	if _, err := importPolicy.Record(ctx, event.Customer{ID: "alice"}); !errors.Is(err, touchpoint.ErrNoRecord) {
		t.Errorf("the record is %v", err)
	}
}

type brokenList struct{}

func (brokenList) Read([]byte) (int, error) { return 0, errBroken }

// TestOtherKey: a list is not imported under another key than that of the records, unless the key was changed on purpose.
func TestOtherKey(t *testing.T) {
	t.Parallel()
	store := new(memory.Store)
	ours := registry(t, store)
	list := func() io.Reader { return bytes.NewReader(listOf(1)) }
	who := event.Customer{ID: "customer-0"}
	first, err := importPolicy.Import(ours, list(), touchpoint.ImportNewKey())
	if err != nil || !first.First {
		t.Errorf("the first import: %+v, %v", first, err)
	}
	theirs := registry(t, store, cx.WithCustomerKey([]byte("another key of 16 bytes")))
	if _, err := importPolicy.Import(theirs, list()); !errors.Is(err, touchpoint.ErrOtherKey) {
		t.Errorf("an import with another key: %v", err)
	}
	if _, err := importPolicy.Record(theirs, who); !errors.Is(err, touchpoint.ErrOtherKey) || errors.Is(err, touchpoint.ErrNoRecord) {
		t.Errorf("a record with another key: %v", err)
	}
	elsewhere := registry(t, store, cx.WithNamespace("elsewhere"), cx.WithCustomerKey([]byte("another key of 16 bytes")))
	if report, err := importPolicy.Import(elsewhere, list(), touchpoint.ImportDry()); err != nil || !report.First {
		t.Errorf("another namespace has its own key: %+v, %v", report, err)
	}
	if _, err := importPolicy.Record(elsewhere, who); !errors.Is(err, touchpoint.ErrNoRecord) || !strings.Contains(err.Error(), "nor of any other") {
		t.Errorf("a record in a namespace without any: %v", err)
	}
	if report, err := importPolicy.Import(theirs, list(), touchpoint.ImportNewKey()); err != nil || report.Added != 1 || report.First {
		t.Errorf("an import with a new key: %+v, %v", report, err)
	}
	if _, err := importPolicy.Import(ours, list()); !errors.Is(err, touchpoint.ErrOtherKey) {
		t.Errorf("an import with the old key: %v", err)
	}
}

// TestKeyOfBadList: an import that changes nothing leaves the store without a record of the key, or with the one that it had. One
// that enters a row has the key written before the row.
func TestKeyOfBadList(t *testing.T) {
	t.Parallel()
	store := &countedStore{Store: new(memory.Store)}
	ours, theirs := registry(t, store), registry(t, store, cx.WithCustomerKey([]byte("another key of 16 bytes")))
	list := func(rows string) io.Reader { return strings.NewReader("customer,reason,at\n" + rows) }
	const good, bad = "alice,minor,2026-03-01\n", "alice,unheard_of,2026-03-01\n"
	for range 2 {
		if report, err := importPolicy.Import(ours, list(bad)); !errors.Is(err, touchpoint.ErrBadRows) || !report.First {
			t.Errorf("a bad list: %+v, %v", report, err)
		}
		if report, err := importPolicy.Import(ours, list(good), touchpoint.ImportDry()); err != nil || !report.First {
			t.Errorf("a dry import: %+v, %v", report, err)
		}
	}
	if n := store.appends.Load(); n != 0 {
		t.Errorf("imports that change nothing appended %d entries", n)
	}
	down := func(int) error { return errBroken }
	store.fail.Store(&down)
	if _, err := importPolicy.Import(ours, list(good)); !errors.Is(err, errBroken) {
		t.Errorf("an import into a broken store: %v", err)
	}
	store.fail.Store(nil)
	for first := range 2 {
		if report, err := importPolicy.Import(ours, list(good)); err != nil || report.First != (first == 0) {
			t.Errorf("import %d: %+v, %v", first, report, err)
		}
	}
	if _, err := importPolicy.Import(theirs, list(bad), touchpoint.ImportNewKey()); !errors.Is(err, touchpoint.ErrBadRows) {
		t.Errorf("a bad list with a new key: %v", err)
	}
	if report, err := importPolicy.Import(ours, list(good)); err != nil || report.Known != 1 {
		t.Errorf("after a bad list with a new key: %+v, %v", report, err)
	}
}

// TestRoomForSuppressions: a person with too many suppressions is a bad row, and the others are entered.
func TestRoomForSuppressions(t *testing.T) {
	t.Parallel()
	ctx := registry(t, new(memory.Store))
	var b strings.Builder
	b.WriteString("customer,reason,purpose,channel,at\n")
	rows := 0
	for _, reason := range []string{"deceased", "moved", "opted_out", "minor", "complaint"} {
		for _, purpose := range []string{"", "offer", "survey"} {
			for _, channel := range []string{"", "web", "mobile", "email", "chat", "phone", "ivr", "social", "in_person", "kiosk", "post", "api"} {
				fmt.Fprintf(&b, "alice,%s,%s,%s,2026-03-01\n", reason, purpose, channel)
				rows++
			}
		}
	}
	b.WriteString("bob,minor,,,2026-03-01\n")
	report, err := importPolicy.Import(ctx, strings.NewReader(b.String()))
	if !errors.Is(err, touchpoint.ErrBadRows) || !strings.Contains(err.Error(), "line 130: the person's record has no room") ||
		!strings.Contains(err.Error(), "the others were entered") || report.Bad != rows-128 || report.Added != 129 {
		t.Errorf("%+v, %v", report, err)
	}
	if err != nil && strings.Contains(err.Error(), "alice") {
		t.Errorf("the error names the person: %v", err)
	}
}

// changing is a file that another program cuts while it is read.
type changing struct{ *strings.Reader }

func (c changing) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekStart {
		c.Reset("customer,reason,at\nalice,minor,2026-03-01\n")
	}
	return c.Reader.Seek(offset, whence) //nolint:wrapcheck // of a test
}

// TestChangedList: a list that is shorter the second time is an error, and the rows that were there are entered.
func TestChangedList(t *testing.T) {
	t.Parallel()
	ctx := registry(t, new(memory.Store))
	list := changing{strings.NewReader("customer,reason,at\nalice,minor,2026-03-01\nbob,minor,2026-03-01\n")}
	if report, err := importPolicy.Import(ctx, list); err == nil || !strings.Contains(err.Error(), "the list was changed while it was read") || report.Added != 1 {
		t.Errorf("%+v, %v", report, err)
	}
}
