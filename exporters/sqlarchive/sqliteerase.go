package sqlarchive

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"
)

// forget implements database.
func (s *sqlite) forget(ctx context.Context, customer string) (rows int64, err error) {
	err = s.update(ctx, func(quiet context.Context) error {
		rows = 0
		if err := s.markArrived(quiet); err != nil {
			return err
		}
		for _, text := range forgetting("", "?1", "TEMP") {
			var args []driver.Value
			if strings.Contains(text, "?1") {
				args = append(args, customer)
			}
			n, err := execute(quiet, s.link, text, args...)
			if err != nil {
				return err
			}
			if strings.HasPrefix(text, "DELETE FROM") {
				rows += n
			}
		}
		if err := s.markErased(quiet, rows); err != nil {
			return err
		}
		return s.wipe(ctx, quiet)
	})
	if err != nil {
		return 0, err
	}
	s.checkpoint(ctx)
	return rows, nil
}

// markArrived keeps the highest number of arrival before events are deleted, so that no later event gets the number of one.
func (s *sqlite) markArrived(quiet context.Context) error {
	_, err := execute(quiet, s.link, "UPDATE marks SET arrived = "+arrivedSQLite())
	return err
}

// markErased gives the archive another epoch if an erasure has changed rows: see [Reader.Scan].
func (s *sqlite) markErased(quiet context.Context, rows int64) error {
	if rows == 0 {
		return nil
	}
	_, err := execute(quiet, s.link, "UPDATE marks SET epoch = lower(hex(randomblob(16)))")
	return err
}

// checkpoint moves the overwritten pages into the file and empties the write-ahead log after an erasure. A reader in a transaction
// prevents that. Then later calls that write do it.
func (s *sqlite) checkpoint(ctx context.Context) {
	_ = s.use(ctx, func() error {
		s.truncate(context.WithoutCancel(ctx))
		return nil
	})
}

// truncate is checkpoint for a caller that has the turn.
func (s *sqlite) truncate(quiet context.Context) {
	row, err := first(s.link.QueryContext(quiet, "PRAGMA wal_checkpoint(TRUNCATE)", nil))
	s.unclean = err != nil || row[0] != int64(0) // 1 says that a reader or a writer is busy
}

// prune implements database.
func (s *sqlite) prune(ctx context.Context, before time.Time, limit int) (rows int64, more bool, err error) {
	at := string(appendTime(nil, micros(before)))
	err = s.update(ctx, func(quiet context.Context) error {
		rows, more = 0, false
		if err := s.markArrived(quiet); err != nil {
			return err
		}
		for t := range numTables {
			text := fmt.Sprintf("DELETE FROM %[1]s WHERE arrival IN (SELECT arrival FROM %[1]s WHERE time < ? ORDER BY time LIMIT ?)", t)
			if t >= journeys {
				when := "time"
				if t.merged() {
					when = "last_event"
				}
				text = fmt.Sprintf("DELETE FROM %[1]s WHERE (%[2]s) IN (SELECT %[2]s FROM %[1]s WHERE %[3]s < ? ORDER BY %[3]s LIMIT ?)", t, t.key(), when)
			}
			n, err := execute(quiet, s.link, text, at, int64(limit))
			if err != nil {
				return err
			}
			rows, more = rows+n, more || n >= int64(limit)
		}
		return nil
	})
	return rows, more, err
}
