package postgres

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cairncx.dev/cairn/cx/ledger"
)

const (
	// maxPurged bounds the closed records that one Claim removes.
	maxPurged = 5000
	// claimRounds bounds the rounds of a Claim whose chosen records are locked by others.
	claimRounds = 4
	// widening is the factor by which each round looks at more records than the one before.
	widening = 4
)

// Claim leases due records in one round trip. The same round trip removes up to 5,000 closed records whose retention time is
// over. Claim skips records that another transaction is writing. If other transactions hold some of the longest due records,
// Claim makes up to three further round trips, each of which looks at four times as many records. A limit below 1 claims
// nothing.
func (s *Store) Claim(
	ctx context.Context, limit int, lease time.Duration,
) (now time.Time, due []ledger.Record, err error) {
	limit = max(limit, 0)
	window, purge := limit, maxPurged
	for range claimRounds {
		var c claimed
		c, err = s.claim(ctx, window, limit-len(due), purge, lease)
		if err != nil && len(due) > 0 { // the caller gets the leases of earlier rounds
			return now, due, nil
		}
		if err != nil {
			return time.Time{}, nil, s.explain("claim", err)
		}
		now, due = c.now, append(due, c.due...)
		if len(due) >= limit || c.overdue < int64(window) {
			break
		}
		window, purge = min(window, math.MaxInt32/widening)*widening, 0
	}
	return now, due, nil
}

// claimed is the result of one round of a Claim.
type claimed struct {
	now     time.Time
	due     []ledger.Record
	overdue int64 // the number of due records in the window
}

// claim leases up to limit of the records that are due in the window.
func (s *Store) claim(ctx context.Context, window, limit, purge int, lease time.Duration) (c claimed, err error) {
	sql := strings.NewReplacer("{window}", strconv.Itoa(window), "{purge}", strconv.Itoa(purge)).Replace(s.sql.claim)
	err = s.retry(ctx, func() error {
		asked := time.Now()
		err := s.query(ctx, sql, func(rows pgx.Rows) (err error) {
			c, err = readClaimed(rows)
			return err
		}, interval(max(lease, 0)), int64(min(limit, math.MaxInt32))+int64(purge))
		if err == nil {
			s.lead.learn(asked, c.now, time.Now())
		}
		return err
	})
	return c, err
}

func readClaimed(rows pgx.Rows) (c claimed, err error) {
	for rows.Next() {
		var run *[16]byte
		var log []byte
		if err := rows.Scan(&c.now, &c.overdue, &run, &log); err != nil {
			return c, fmt.Errorf("read a due record: %w", err)
		}
		if run != nil { // a row with the time comes even if nothing is due
			c.due = append(c.due, ledger.Record{Key: *run, Log: log})
		}
	}
	return c, nil
}
