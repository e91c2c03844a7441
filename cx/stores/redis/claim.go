package redis

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// peek bounds the due records that a partition reports beyond the ones that a round claims from it.
const peek = 64

// share is the number of records that a round claims from one partition, and the due times that the partition reported.
type share struct {
	part, take int
	times      []float64 // the due times of records beyond the claimed ones
}

// claimed is a claimed record with its due time.
type claimed struct {
	record ledger.Record
	due    float64
}

// claim claims records in rounds. In the first round every partition reports its due records. The second round claims the
// records that have been due longest. Further rounds are needed only if one partition has many more due records than others,
// or if another instance claims at the same time.
//
// The earliest time at which a partition answered is the time of the whole claim. Records are due by that time, and their
// leases begin at it.
func (t *table) claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	limit = max(0, limit)
	shares := make([]share, partitions)
	for i := range shares {
		shares[i].part = i
	}
	r := round{limit: limit}
	if err := t.round(ctx, &r, shares); err != nil {
		return time.Time{}, nil, err
	}
	now := r.now
	r.bound, r.again = strconv.FormatInt(now, 10), number(float64(now)+ceil(max(0, lease), time.Microsecond))
	for {
		shares = divide(shares, limit-len(r.claimed))
		if len(shares) == 0 {
			break
		}
		r.limit = limit - len(r.claimed)
		if err := t.round(ctx, &r, shares); err != nil {
			return time.Time{}, nil, err
		}
		r.bound = "(" + strconv.FormatInt(now, 10) // without what has been claimed
	}
	slices.SortStableFunc(r.claimed, func(a, b claimed) int { return cmp.Compare(a.due, b.due) })
	due := make([]ledger.Record, len(r.claimed))
	for i := range r.claimed {
		due[i] = r.claimed[i].record
	}
	return time.UnixMicro(now), due, nil
}

// A round is one round trip of a claim.
type round struct {
	limit        int    // how many may still be claimed
	bound, again string // see the script
	now          int64  // the earliest time that a partition answered, in microseconds
	claimed      []claimed
}

// round claims the shares and finds out what else is due.
func (t *table) round(ctx context.Context, r *round, shares []share) error {
	calls := make([]*call, len(shares))
	for i := range shares {
		part := &t.parts[shares[i].part]
		calls[i] = newCall(ctx, t.scripts.claim, 1, []any{
			callHead: part.due, part.record, shares[i].take, min(peek, r.limit-shares[i].take), r.bound, cmp.Or(r.again, "0"),
		})
	}
	if err := t.run(ctx, calls); err != nil {
		return err
	}
	for i, c := range calls {
		answer, err := c.Slice()
		if err != nil || len(answer) != 3 {
			return unexpected(c, err)
		}
		now, timed := answer[0].(int64)
		records, ok := answer[1].([]any)
		times, there := answer[2].([]any)
		if !timed || !ok || !there {
			return unexpected(c, nil)
		}
		if r.now == 0 || now < r.now {
			r.now = now
		}
		if r.claimed, err = appendClaimed(r.claimed, records); err != nil {
			return err
		}
		shares[i].times = shares[i].times[:0]
		for _, at := range times {
			due, err := score(at)
			if err != nil {
				return err
			}
			shares[i].times = append(shares[i].times, due)
		}
	}
	return nil
}

// appendClaimed appends the records that the script returned as ID, time and record.
func appendClaimed(all []claimed, records []any) ([]claimed, error) {
	for ; len(records) >= 3; records = records[3:] {
		var c claimed
		id, _ := records[0].(string)
		record, _ := records[2].(string)
		if n, err := hex.Decode(c.record.Key[:], []byte(id[:min(len(id), idSize)])); err != nil || n != len(c.record.Key) {
			return nil, fmt.Errorf("%.40q is due and is not the ID of a run: something else has written to the index", id)
		}
		log, closed, err := parts(record)
		if err != nil {
			return nil, fmt.Errorf("record %x: %w", c.record.Key, err)
		}
		c.record.Log, c.record.Closed = []byte(log), closed
		if c.due, err = score(records[1]); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func score(text any) (float64, error) {
	s, _ := text.(string)
	due, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, fmt.Errorf("a time that something is due is not a number: %w", err)
	}
	return due, nil
}

// divide returns the shares of the next round. Records that the partitions have reported come first, the longest due before
// others, up to limit. Partitions that may have more records share the rest equally. There are no shares when the limit is
// reached or nothing more is due.
func divide(shares []share, limit int) []share {
	type candidate struct {
		share int
		due   float64
	}
	var due []candidate
	full := 0
	for i, s := range shares {
		for _, at := range s.times {
			due = append(due, candidate{share: i, due: at})
		}
		if len(s.times) == peek {
			full++
		}
	}
	slices.SortStableFunc(due, func(a, b candidate) int { return cmp.Compare(a.due, b.due) })
	next := make([]share, len(shares))
	for i, s := range shares {
		next[i].part = s.part
		if left := limit - len(due); left > 0 && len(s.times) == peek {
			next[i].take = left / full
		}
	}
	for _, c := range due[:min(len(due), max(0, limit))] {
		next[c.share].take++
	}
	return slices.DeleteFunc(next, func(s share) bool { return s.take == 0 })
}
