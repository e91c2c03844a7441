package watch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/ledger"
)

// The state of a watch is in several records of a store, as JSON: one has the lease, and the rest have breakdowns. A holder writes its epoch
// into all of them before it reads them, so that an instance whose lease is over cannot change them any more.

// version is the version of the records.
const version = 1

// shards is how many records have breakdowns.
const shards = 16

// shelf has the records of watches.
const shelf = "breakdowns"

var errNewer = errors.New("the store's record of breakdowns is of a newer release, or is damaged: run one release of Cairn")

// lock is the record with the lease.
type lock struct {
	Version int    `json:"v"`
	Epoch   int64  `json:"epoch"`
	Holder  string `json:"holder,omitempty"` // the instance that watches, "" while it is released
	Lease   int64  `json:"lease"`            // until when: the store's time, in Unix milliseconds
}

// shard is a record with breakdowns.
type shard struct {
	Version int      `json:"v"`
	Epoch   int64    `json:"epoch"`
	Entries []*entry `json:"breakdowns,omitempty"` // by their IDs
	Past    []past   `json:"past,omitempty"`       // by their IDs
}

// past is a breakdown that ended, so that the next one of its matter can name it.
type past struct {
	breakdown.Subject

	Better bool      `json:"better,omitempty"`
	ID     string    `json:"id"`
	Ended  time.Time `json:"ended"`
}

// remembered is how long a breakdown that ended is remembered.
const remembered = 400 * 24 * time.Hour

// entry is what the store has of one breakdown.
type entry struct {
	ID    string            `json:"id"`
	First breakdown.Subject `json:"about"` // what it was about when it was found first
	// Also are the other subjects whose findings belonged to it.
	Also []breakdown.Subject `json:"subjects,omitempty"`
	// Found is what the charts have shown last.
	Found breakdown.Found `json:"found"`
	// Placement is where it is, as of the day PlacedOn.
	Placement

	PlacedOn time.Time    `json:"placed_on,omitzero"`
	Stage    string       `json:"stage"`
	StageAt  time.Time    `json:"stage_at"`
	Opened   time.Time    `json:"opened"`   // when it was found first
	FoundAt  time.Time    `json:"found_at"` // when it was found last: the promises count from then
	Severity string       `json:"severity,omitempty"`
	Owner    string       `json:"owner,omitempty"`
	Action   event.RunRef `json:"action,omitzero"`
	Mended   time.Time    `json:"mended,omitzero"`
	Usual    time.Time    `json:"usual,omitzero"` // since when the charts do not show it; zero while they do
	Calm     bool         `json:"calm,omitempty"` // the charts have been usual for a while
	Ended    time.Time    `json:"ended,omitzero"`
	Cause    string       `json:"cause,omitempty"` // of the end
	Dropped  bool         `json:"dismissed,omitempty"`
	Earlier  string       `json:"earlier,omitempty"`
	Reported []string     `json:"reported,omitempty"` // the promises of this finding that were reported up
	Compared *Comparison  `json:"compared,omitempty"`
	// Since is when the promises that are open were made: when it was found last, or planned anew after a mending. Due has the times that were promised.
	Since time.Time            `json:"since,omitzero"`
	Due   map[string]time.Time `json:"due,omitempty"`
	// Back is when it was found again, or a step led back: what the archive has of before does not lead further.
	Back time.Time `json:"back,omitzero"`
	// Anew is when it had been mended before it returned: what has happened until then counts no more.
	Anew time.Time `json:"anew,omitzero"`
	// Graded reports whether it was placed and has its severity: no step is recorded, and nothing told, before.
	Graded  bool      `json:"graded,omitempty"`
	Zone    string    `json:"zone,omitempty"`   // of the charts' days
	Looked  int       `json:"looked,omitempty"` // how many days after the mending it was compared last
	Told    int       `json:"told"`             // how many things there were to do: each has a number
	Pending []pending `json:"pending,omitempty"`

	dropped []string // what could not be told, since the refresh began
}

// pending is a step to record, or something to tell, that is not known to be done. It is done again until it is: under one name.
type pending struct {
	Do      string    `json:"do"`
	N       int       `json:"n"`
	At      time.Time `json:"at"`
	Promise string    `json:"promise,omitempty"`
	Due     time.Time `json:"due,omitzero"`
	Still   bool      `json:"still,omitempty"`
}

// The things to do: steps, and the two hooks.
const (
	doFind     = "find"
	doReopen   = "reopen"
	doEscalate = "escalate"
	doPromise  = "promise" // anew
	doMend     = "mend"
	doVerify   = "verify"
	doClose    = "close"
	doReport   = "report" // up
	doTell     = "tell/"  // and the kind of the news
)

// step reports whether it is a step of the run.
func (p *pending) step() bool { return p.Do != doReport && !strings.HasPrefix(p.Do, doTell) }

// maxPending bounds what there is to do for one breakdown.
const maxPending = 32

// todo adds something to do.
func (e *entry) todo(p pending) {
	e.Told++
	p.N = e.Told
	if len(e.Pending) >= maxPending { // what cannot be told is not kept for ever; steps are few
		if i := slices.IndexFunc(e.Pending, func(p pending) bool { return !p.step() }); i >= 0 {
			e.dropped = append(e.dropped, e.Pending[i].Do)
			e.Pending = slices.Delete(e.Pending, i, i+1)
		}
	}
	e.Pending = append(e.Pending, p)
}

// open reports whether the breakdown has not ended.
func (e *entry) open() bool { return e.Ended.IsZero() }

// active reports whether it is one that the company has to mend.
func (e *entry) active() bool { return e.open() && !e.Found.Better }

// rank returns the place of a step in their order.
func rank(stage string) int { return slices.Index(Steps(), stage) }

// move moves the breakdown to the stage. A breakdown knows its last mending alone: a step to a stage before it, and one that mends anew, forget it.
func (e *entry) move(stage string, at time.Time) {
	e.Stage, e.StageAt = stage, at
	switch {
	case stage == Mended, stage == Verified && e.Mended.IsZero():
		e.Mended, e.Compared, e.Looked = at, nil, 0
	case rank(stage) < rank(Mended):
		e.Mended, e.Compared, e.Looked = time.Time{}, nil, 0
	}
}

// promise makes the promises of the steps after the stage of the breakdown, at the time.
func (e *entry) promise(j *Journey, at time.Time) {
	e.Since = at
	e.Reported = slices.DeleteFunc(e.Reported, func(name string) bool { return rank(name) > rank(e.Stage) })
	e.due(j)
}

// due notes when the promises of the steps that are to come are due, by the severity.
func (e *entry) due(j *Journey) {
	for _, p := range j.Promises(e.Severity) {
		if rank(p.Name) > rank(e.Stage) {
			if e.Due == nil {
				e.Due = map[string]time.Time{}
			}
			e.Due[p.Name] = p.Due(e.Since).UTC()
		}
	}
}

// found finds the breakdown again.
func (e *entry) found(j *Journey, at time.Time) {
	e.move(Found, at)
	e.FoundAt, e.Back = at, at
	e.promise(j, at)
}

// anew returns the time from which on the charts are to count: that of the last mending, if they have been usual since. The zero time is that of the baseline.
func (e *entry) anew() time.Time {
	if e.Calm && !e.Mended.IsZero() {
		return e.Mended
	}
	return e.Anew
}

// zoned gives the days of the finding their zone again: a record has the offset alone.
func (e *entry) zoned() {
	zone, err := time.LoadLocation(e.Zone)
	if e.Zone == "" || err != nil {
		return
	}
	for _, at := range []*time.Time{&e.Found.Began, &e.Found.Last, &e.Found.BaselineFrom, &e.Found.BaselineUntil} {
		if !at.IsZero() {
			*at = at.In(zone)
		}
	}
}

// shows takes over what the charts show of the breakdown.
func (e *entry) shows(f breakdown.Found) {
	f.Drift = false // it began on a day when it was found first
	e.Found = f
	if e.Zone = f.Last.Location().String(); e.Zone == time.Local.String() {
		e.Zone = ""
	}
}

// ID returns the ID of the breakdown of the subject that was found first on this day, 32 hexadecimal digits: that of [breakdown.Found.Last].
// Every process derives the same one.
func ID(namespace string, s breakdown.Subject, better bool, day time.Time) string {
	sum := digest("cairn.breakdown.1", namespace, string(s.About), s.Journey, s.Name, strconv.FormatBool(better), day.Format(time.DateOnly))
	return hex.EncodeToString(sum[:16])
}

// digest returns the digest of the texts, each with its length.
func digest(texts ...string) [sha256.Size]byte {
	var b []byte
	for _, t := range texts {
		b = fmt.Appendf(b, "%d:%s", len(t), t)
	}
	return sha256.Sum256(b)
}

// keyOf returns the key of a record of the journey: that of the lease is -1.
func keyOf(namespace, journey string, shard int) ledger.Key {
	sum := digest("cairn.watch.1", namespace, journey, strconv.Itoa(shard))
	return ledger.Key(sum[:16])
}

// shardOf returns the shard of the ID.
func shardOf(id string) int {
	n, err := strconv.ParseUint(id[:min(2, len(id))], 16, 8)
	if err != nil {
		return 0 // no ID of this package
	}
	return int(n) % shards
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // numbers that are finite, texts and times
	}
	return b
}

func decode[T any](log []byte, v *T, has func(*T) int) error {
	if len(log) == 0 {
		return nil
	}
	if err := json.Unmarshal(log, v); err != nil {
		return fmt.Errorf("%w: %w", errNewer, err)
	}
	if n := has(v); n != version {
		return fmt.Errorf("%w: its version is %d, and this release knows %d", errNewer, n, version)
	}
	return nil
}

// form is how the lease is kept, for the instance with the name and its epoch.
type form struct {
	name  string
	epoch int64
}

// Clone implements leased.Form.
func (form) Clone(l *lock) *lock { c := *l; return &c }

// Encode implements leased.Form.
func (form) Encode(l *lock) []byte { return encode(l) }

// Decode implements leased.Form.
func (form) Decode(log []byte) (*lock, error) {
	l := &lock{Version: version}
	return l, decode(log, l, func(l *lock) int { return l.Version })
}

// Renew implements leased.Form.
func (form) Renew(l *lock, until time.Time) { l.Lease = until.UnixMilli() }

// Mine implements leased.Form.
func (f form) Mine(l *lock) bool { return l.Holder == f.name && l.Epoch == f.epoch }
