package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/leased"
)

// storeCall bounds one call of the store.
const storeCall = 10 * time.Second

// book is what the store has of all breakdowns, for one refresh.
type book struct {
	store              ledger.Store
	namespace, journey string
	epoch              int64 // 0 is that of a reader
	newest             int64 // that the records have
	logs               [shards][]byte
	entries            map[string]*entry
	past               map[matter]past // the last one of each
}

// matter is what findings are about.
type matter struct {
	breakdown.Subject

	better bool
}

// read reads the book. It makes the records that do not exist.
func (b *book) read(ctx context.Context) error {
	records, err := b.write(ctx, func(n int) (ledger.Change, bool) { return ledger.Change{Key: keyOf(b.namespace, b.journey, n)}, true })
	if err != nil {
		return fmt.Errorf("read its records: %w", err)
	}
	b.entries, b.past = map[string]*entry{}, map[matter]past{}
	for n, r := range records {
		s := &shard{Version: version}
		if err := decode(r.Log, s, func(s *shard) int { return s.Version }); err != nil {
			return err
		}
		if b.newest = max(b.newest, s.Epoch); s.Epoch > b.epoch && b.epoch > 0 {
			return leased.ErrLost
		}
		b.logs[n] = r.Log
		for _, e := range s.Entries {
			if e == nil || e.ID == "" || shardOf(e.ID) != n {
				return fmt.Errorf("%w: the record %d has an entry without an ID of its own", errNewer, n)
			}
			for _, share := range []*score.Share{&e.Found.Before, &e.Found.Since} {
				share.Unit = score.Parts
			}
			if c := e.Compared; c != nil {
				c.Before.Unit, c.After.Unit, c.Difference.Unit = score.Parts, score.Parts, score.Parts
			}
			e.zoned()
			b.entries[e.ID] = e
		}
		for _, p := range s.Past {
			if m := (matter{p.Subject, p.Better}); b.past[m].Ended.Before(p.Ended) {
				b.past[m] = p
			}
		}
	}
	return nil
}

// save writes what has changed. An instance whose lease is over changes nothing: leased.ErrLost says so.
func (b *book) save(ctx context.Context) error {
	var lists [shards]shard
	for _, id := range slices.Sorted(maps.Keys(b.entries)) {
		n := shardOf(id)
		lists[n].Entries = append(lists[n].Entries, b.entries[id])
	}
	for _, p := range slices.SortedFunc(maps.Values(b.past), func(x, y past) int { return cmp.Compare(x.ID, y.ID) }) {
		n := shardOf(p.ID)
		lists[n].Past = append(lists[n].Past, p)
	}
	var logs [shards][]byte
	records, err := b.write(ctx, func(n int) (ledger.Change, bool) {
		lists[n].Version, lists[n].Epoch = version, b.epoch
		logs[n] = encode(&lists[n])
		return ledger.Change{Key: keyOf(b.namespace, b.journey, n), If: b.logs[n], Replace: logs[n]}, string(logs[n]) != string(b.logs[n])
	})
	if err != nil {
		return fmt.Errorf("write its records: %w", err)
	}
	for n, r := range records {
		if string(r.Log) != string(logs[n]) {
			return leased.ErrLost
		}
		b.logs[n] = r.Log
	}
	return nil
}

// write makes the changes that there are, and returns the records by their numbers.
func (b *book) write(ctx context.Context, change func(n int) (ledger.Change, bool)) (map[int]ledger.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, storeCall)
	defer cancel()
	var changes []ledger.Change
	var numbers []int
	for n := range shards {
		if c, ok := change(n); ok {
			changes, numbers = append(changes, c), append(numbers, n)
		}
	}
	if len(changes) == 0 {
		return nil, nil
	}
	records, err := b.store.Write(ctx, changes)
	switch {
	case err != nil:
		return nil, err
	case len(records) != len(changes):
		return nil, errRecords
	}
	by := map[int]ledger.Record{}
	for i, r := range records {
		by[numbers[i]] = r
	}
	return by, nil
}

var errRecords = errors.New("the store did not return one record for one change")

// sorted returns the breakdowns by when they were found, the oldest first.
func (b *book) sorted() []*entry {
	return slices.SortedFunc(maps.Values(b.entries), func(x, y *entry) int {
		return cmp.Or(x.Opened.Compare(y.Opened), cmp.Compare(x.ID, y.ID))
	})
}

// forget moves the breakdown to those that ended.
func (b *book) forget(e *entry) {
	delete(b.entries, e.ID)
	b.past[e.first()] = past{Subject: e.First, Better: e.Found.Better, ID: e.ID, Ended: e.Ended}
}

// first returns the matter of the first finding.
func (e *entry) first() matter { return matter{e.First, e.Found.Better} }

// maxAlso bounds the subjects of a breakdown.
const maxAlso = 16

// matters calls each with every matter whose findings belong to the breakdown.
func (e *entry) matters(each func(matter)) {
	each(e.first())
	for _, s := range e.Also {
		each(matter{s, e.Found.Better})
	}
}

// covers adds the subjects of the finding.
func (e *entry) covers(f *breakdown.Found) {
	mattersOf(f, func(m matter) {
		if m.Subject != e.First && !slices.Contains(e.Also, m.Subject) && len(e.Also) < maxAlso {
			e.Also = append(e.Also, m.Subject)
		}
	})
}

// mattersOf calls each with the matter of the finding, and with those that show the same.
func mattersOf(f *breakdown.Found, each func(matter)) {
	each(matter{f.Subject, f.Better})
	for _, s := range f.Also {
		each(matter{s, f.Better})
	}
}
