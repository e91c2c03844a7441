package schedule

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/insight/report"
)

// state is what the store has of a plan: JSON, at most some kilobytes. An instance replaces it only if it is still what the instance has read.
type state struct {
	Version int `json:"v"`
	// Salt is drawn when the plan is first seen, so that the Message-IDs of two stores differ.
	Salt string `json:"salt"`
	// Done is the end of the last period whose report was delivered, missed or given up, in Unix seconds.
	Done int64 `json:"done"`
	Turn *turn `json:"turn,omitempty"`
}

// turn is the work on one period.
type turn struct {
	Until  int64    `json:"until"`            // the end of the period, in Unix seconds
	Holder string   `json:"holder,omitempty"` // the instance that works on it, "" while it is released
	Lease  int64    `json:"lease"`            // until when the holder has it, or when the next attempt may begin: the store's time, in Unix milliseconds
	Tries  int      `json:"tries"`            // attempts, with this one
	Parts  []string `json:"parts,omitempty"`  // what Delivery.Once has delivered
}

const version = 1

// maxParts bounds the parts of a delivery that the store keeps.
const maxParts = 1000

var errNewer = errors.New("the store's record of the plan is of a newer release, or is damaged: run one release of Cairn, or give the plan another name")

func (s *state) encode() []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // numbers and texts
	}
	return b
}

func decode(log []byte) (*state, error) {
	var s state
	if err := json.Unmarshal(log, &s); err != nil {
		return nil, fmt.Errorf("%w: %w", errNewer, err)
	}
	if s.Version != version {
		return nil, fmt.Errorf("%w: its version is %d, and this release knows %d", errNewer, s.Version, version)
	}
	return &s, nil
}

// begun returns the state of a plan that begins now.
func begun(done time.Time) *state {
	return &state{Version: version, Salt: rand.Text(), Done: done.Unix()}
}

// clone returns a copy that shares nothing.
func (s *state) clone() *state {
	c := *s
	if s.Turn != nil {
		t := *s.Turn
		t.Parts = slices.Clone(t.Parts)
		c.Turn = &t
	}
	return &c
}

// of reports whether the turn is about the period. A nil turn is about none.
func (t *turn) of(p report.Period) bool { return t != nil && t.Until == p.Until.Unix() }

// busy returns until when the turn keeps the instance from the period, or the zero time. A lease or a pause that is longer than any was given by a clock that
// was ahead, and keeps no instance.
func (t *turn) busy(instance string, p report.Period, now time.Time) time.Time {
	switch {
	case t == nil,
		t.Holder == "" && !t.of(p), // the pause of an earlier period
		t.Holder == instance:       // a claim of its own, whose answer was lost
		return time.Time{}
	}
	if lease := time.UnixMilli(t.Lease); lease.After(now) && lease.Sub(now) <= max(maxLease, lastPause) {
		return lease
	}
	return time.Time{}
}

// messageID returns the ID of the period's report: the same in each attempt.
func (s *state) messageID(name string, p report.Period) string {
	return digest("cairn.schedule.message.1", s.Salt, name, p.From.UTC().Format(time.RFC3339))
}

// digest returns 32 hexadecimal digits.
func digest(texts ...string) string {
	h := sha256.New()
	for _, t := range texts {
		h.Write(fmt.Appendf(nil, "%d:%s", len(t), t)) // it returns no error
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
