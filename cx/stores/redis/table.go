package redis

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"cairncx.dev/cairn/cx/ledger"
)

const (
	// partitions is the number of a table's partitions, and so the number of cluster nodes that it can spread to: a
	// partition's keys are in one hash slot. It is part of the layout, because a run's first hexadecimal digit selects its
	// partition.
	partitions = 16
	// chunk bounds the changes of one script, and so the time that other clients of the server wait for it.
	chunk = 64
)

// table is one kind of records, by ID. A record is a log whose meaning the table does not know.
type table struct {
	*server

	parts [partitions]part
	lease string // the key of the lease for counting
}

// part is a partition: the names of its keys, and its server's clock.
type part struct {
	record                 string // the prefix of record keys
	due, customers, places string // the keys of the indexes
	clock                  *clock // that of every table's partition with the same index
}

func newTable(s *server, prefix, kind string) *table {
	t := &table{server: s, lease: "{" + prefix + ":counter}:" + kind}
	for i := range t.parts {
		key := fmt.Sprintf("{%s:%x}:%s", prefix, i, kind)
		p := &t.parts[i]
		p.record, p.clock = key+":", &s.clocks[i]
		p.due, p.customers, p.places = key+":due", key+":customers", key+":places"
	}
	return t
}

func partition(id ledger.Key) int { return int(id[0] >> 4) }

// now reads the clocks of all partitions, if one was not read yet and the context has a deadline.
func (t *table) now(ctx context.Context) error {
	if _, bounded := ctx.Deadline(); !bounded {
		return nil
	}
	known := true
	for i := range t.parts {
		known = known && t.parts[i].clock.last.Load() != nil
	}
	if known {
		return nil
	}
	const never = "9000000000000000000"
	calls := make([]*call, partitions)
	for i := range calls {
		p := &t.parts[i]
		calls[i] = newCall(ctx, t.scripts.write, 3, []any{callHead: p.due, p.customers, p.places, never})
	}
	sent := time.Now()
	if err := t.run(ctx, calls); err != nil {
		return err
	}
	for i, c := range calls {
		if _, err := t.answer(c, i, 0, sent); err != nil {
			return err
		}
	}
	return nil
}

// answer parses the write script's answer: the records before n changes.
func (t *table) answer(c *call, part, n int, sent time.Time) ([]any, error) {
	answer, err := c.Slice()
	if err != nil || len(answer) != 2 {
		return nil, unexpected(c, err)
	}
	now, timed := answer[0].(int64)
	before, ok := answer[1].([]any)
	if !timed || !ok || len(before) != n {
		return nil, unexpected(c, nil)
	}
	if now > 0 {
		t.parts[part].clock.read(now, sent, time.Now())
	}
	return before, nil
}

// unexpected returns the error for an answer that the script cannot give. It does not quote the answer, which may contain
// customers.
func unexpected(c *call, err error) error {
	const what = "the answer to a script is not the script's: is there something between the client and the server that changes it"
	if err == nil {
		return fmt.Errorf("%s? script %s", what, c.script.hash)
	}
	return fmt.Errorf("%s? script %s: %w", what, c.script.hash, err)
}

// write makes the changes.
func (t *table) write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	for i := range changes {
		if err := validate(&changes[i]); err != nil {
			return nil, err
		}
	}
	if err := ledger.CheckKeys(changes); err != nil {
		return nil, err
	}
	if err := t.now(ctx); err != nil {
		return nil, err
	}
	batches := t.batches(ctx, changes)
	calls := make([]*call, len(batches))
	for i, b := range batches {
		calls[i] = b.call
	}
	sent := time.Now()
	if err := t.run(ctx, calls); err != nil {
		if goredis.HasErrorPrefix(err, "LATE") {
			t.forgetClocks()
		}
		return nil, err
	}
	records := make([]ledger.Record, len(changes))
	for _, b := range batches {
		before, err := t.answer(b.call, b.part, len(b.changes), sent)
		if err != nil {
			return nil, err
		}
		for k, i := range b.changes {
			if records[i], err = after(&changes[i], before[k]); err != nil {
				return nil, fmt.Errorf("record %x: %w", changes[i].Key, err)
			}
		}
	}
	return records, nil
}

// forgetClocks makes the next call read the clocks again: a server's clock was set, or another server has taken over.
func (t *table) forgetClocks() {
	for i := range t.parts {
		t.parts[i].clock.last.Store(nil)
	}
}

// batch is a call with changes of one partition, named by their indexes.
type batch struct {
	part    int
	changes []int
	call    *call
}

// batches divides the changes into calls. The calls keep no memory of the changes.
func (t *table) batches(ctx context.Context, changes []ledger.Change) []batch {
	texts := t.texts(changes)
	var first [partitions + 1]int // of each partition's changes in order
	for i := range changes {
		first[partition(changes[i].Key)+1]++
	}
	for p := range partitions {
		first[p+1] += first[p]
	}
	order, next := make([]int, len(changes)), first
	for i := range changes {
		p := partition(changes[i].Key)
		order[next[p]] = i
		next[p]++
	}
	var batches []batch
	for p := range partitions {
		for rest := order[first[p]:first[p+1]]; len(rest) > 0; {
			n := min(len(rest), chunk)
			batches = append(batches, t.batch(ctx, p, changes, rest[:n], texts))
			rest = rest[n:]
		}
	}
	return batches
}

// batch makes one call of the changes with these indexes.
func (t *table) batch(ctx context.Context, p int, changes []ledger.Change, indexes []int, texts []string) batch {
	part := &t.parts[p]
	args := make([]any, callHead, callHead+4+textsOfChange*len(indexes))
	args = append(args, part.due, part.customers, part.places)
	for _, i := range indexes {
		args = append(args, &texts[textsOfChange*i])
	}
	args = append(args, part.clock.deadline(ctx))
	for _, i := range indexes {
		own := texts[textsOfChange*i+1 : textsOfChange*(i+1)]
		if changes[i].Replace == nil {
			own = own[:2] // see the script
		}
		for k := range own {
			args = append(args, &own[k])
		}
	}
	return batch{part: p, changes: indexes, call: newCall(ctx, t.scripts.write, 3+len(indexes), args)}
}

// textsOfChange is the maximum number of texts of a change: the key, the operation, the appended bytes or the new log, and for
// a new log the old one, the place and the retention time.
const textsOfChange = 6

// texts returns the texts of all changes, copied into one string.
func (t *table) texts(changes []ledger.Change) []string {
	size := 0
	for i := range changes {
		c := &changes[i]
		size += 160 + len(c.Append) + len(c.If) + len(c.Replace) + len(c.Customer)
	}
	all, ends := make([]byte, 0, size), make([]int, 0, textsOfChange*len(changes))
	end := func() { ends = append(ends, len(all)) }
	for i := range changes {
		c := &changes[i]
		all = append(all, t.parts[partition(c.Key)].record...)
		all = hex.AppendEncode(all, c.Key[:])
		end()
		all = appendOperation(all, c)
		end()
		if c.Replace == nil {
			all = append(all, c.Append...)
			for range 4 {
				end()
			}
			continue
		}
		all = append(all, c.Replace...)
		end()
		all = append(all, c.If...)
		end()
		if !c.Close {
			all = append(all, placeField(c.Place)...)
		}
		end()
		all = append(all, keeping(c.Keep)...)
		end()
	}
	whole, texts, from := string(all), make([]string, len(ends)), 0
	for i, end := range ends {
		texts[i], from = whole[from:end], end
	}
	return texts
}

// forget closes the records of the customer, a bounded number at a time.
func (t *table) forget(ctx context.Context, customer string, keep time.Duration) (runs int, err error) {
	const atOnce = 500
	left := make([]int, partitions)
	for i := range left {
		left[i] = i
	}
	whose := strconv.Itoa(len(customer)) + ":" + customer + ":"
	for len(left) > 0 {
		calls := make([]*call, len(left))
		for i, p := range left {
			part := &t.parts[p]
			calls[i] = newCall(ctx, t.scripts.forget, 3, []any{
				callHead: part.due, part.customers, part.places, part.record, whose, keeping(keep), atOnce,
			})
		}
		if err := t.run(ctx, calls); err != nil {
			return runs, err
		}
		var more []int
		for i, c := range calls {
			n, err := c.Int()
			if err != nil {
				return runs, unexpected(c, err)
			}
			runs += n
			if n == atOnce {
				more = append(more, left[i])
			}
		}
		left = more
	}
	return runs, nil
}

// count returns the number of records at each place, if the holder has or gets the lease.
func (t *table) count(ctx context.Context, holder string, lease time.Duration) (map[ledger.Place]int64, bool, error) {
	hold := newCall(ctx, t.scripts.hold, 1, []any{
		callHead: t.lease, holder, number(max(0, ceil(lease, time.Millisecond))),
	})
	if err := t.run(ctx, []*call{hold}); err != nil {
		return nil, false, err
	}
	held, err := hold.Bool()
	if err != nil {
		return nil, false, unexpected(hold, err)
	}
	if !held {
		return nil, false, nil
	}
	var counts [partitions]*goredis.MapStringStringCmd
	err = t.await(ctx, func() error {
		pipe := t.client.Pipeline()
		for i := range counts {
			counts[i] = pipe.HGetAll(ctx, t.parts[i].places)
		}
		_, err := pipe.Exec(ctx)
		return err //nolint:wrapcheck // by the store's methods
	})
	if err != nil {
		return nil, false, explain(err)
	}
	live := make(map[ledger.Place]int64)
	for _, c := range counts {
		for field, text := range c.Val() {
			place, err := parsePlace(field)
			if err != nil {
				return nil, false, err
			}
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return nil, false, fmt.Errorf("a count is not a number: something else has written to it: %w", err)
			}
			live[place] += n
		}
	}
	return live, true, nil
}
