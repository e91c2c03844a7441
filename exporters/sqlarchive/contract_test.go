package sqlarchive_test

import (
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/exporterstest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
		path := temp(t)
		a := open(t, path)
		db := raw(t, path)
		return exporterstest.Sink{
			Exporter: a, Deduplicates: true,
			Received: func(t *testing.T) []event.Event { return kept(t, db) },
			Break: func(t *testing.T, f exporterstest.Fault) *exporterstest.Broken {
				switch f {
				case exporterstest.Away: // a table that is gone for now
					do(t, db, "DROP VIEW events; ALTER TABLE feedback RENAME TO f; ALTER TABLE touchpoints RENAME TO t")
					return &exporterstest.Broken{Mend: func() {
						do(t, db, "ALTER TABLE f RENAME TO feedback; ALTER TABLE t RENAME TO touchpoints")
						do(t, db, "CREATE VIEW events AS SELECT arrival, event FROM feedback UNION ALL SELECT arrival, event FROM touchpoints")
					}}
				case exporterstest.Poisoned:
					do(t, db, "CREATE TRIGGER poison BEFORE INSERT ON feedback WHEN NEW.touchpoint = '"+exporterstest.Poison+"' BEGIN SELECT RAISE(ABORT, 'no: ' || NEW.comment); END")
					return &exporterstest.Broken{Mend: func() { do(t, db, "DROP TRIGGER poison") }}
				case exporterstest.Refused: // the file is something else
					return nil
				case exporterstest.Stalled: // another process is writing
					do(t, db, "BEGIN IMMEDIATE")
					return &exporterstest.Broken{Mend: func() { do(t, db, "ROLLBACK") }}
				default:
					return nil
				}
			},
		}
	})
}
