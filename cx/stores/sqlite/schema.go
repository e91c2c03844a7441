package sqlite

import (
	"context"
	"errors"
	"fmt"
)

const (
	// applicationID marks a file as Cairn's: "Cair" in ASCII.
	applicationID = 0x43616972
	// version is the version of the schema.
	version = 1
)

// kind is the kind of a record. Records of different kinds are different records even if their keys are equal. The table shelf
// has the kinds of shelves.
type kind int64

const kindRun kind = 1

// The schema. Times are milliseconds since 1970. A touch only adds to the log, and the log is in no index. The log is the last
// column, so that SQLite finds the other columns without reading past a long log.
const schema = `
CREATE TABLE record (
  kind     INTEGER NOT NULL, -- 1: a journey's run; others: see shelf
  key      BLOB    NOT NULL,
  due      INTEGER,          -- NULL: never
  gone     INTEGER,          -- not NULL: closed, and removed after this time
  customer TEXT,
  journey  TEXT,
  stage    TEXT,             -- where it is counted; NULL: nowhere
  log      BLOB    NOT NULL,
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_due      ON record (kind, due)      WHERE due      IS NOT NULL;
CREATE INDEX record_gone     ON record (gone)           WHERE gone     IS NOT NULL;
CREATE INDEX record_customer ON record (kind, customer) WHERE customer IS NOT NULL;
CREATE TABLE live ( -- how many records are where
  kind    INTEGER NOT NULL,
  journey TEXT    NOT NULL,
  stage   TEXT    NOT NULL,
  records INTEGER NOT NULL,
  PRIMARY KEY (kind, journey, stage)
) STRICT, WITHOUT ROWID;
CREATE TABLE lease (
  name   TEXT    NOT NULL PRIMARY KEY,
  holder TEXT    NOT NULL,
  until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`

// shelfSchema makes the table of shelves. It is no part of schema, and the version stays the same: a file that an earlier release
// made gets it with its first shelf, and earlier releases read and write a file that has it.
const shelfSchema = `CREATE TABLE IF NOT EXISTS shelf (
  kind INTEGER NOT NULL PRIMARY KEY, -- of the shelf's records: 2 and above
  name TEXT    NOT NULL UNIQUE
) STRICT`

// prepareFile makes the tables in an empty file, or checks that the file is a store.
func (s *Store) prepareFile(ctx context.Context) error {
	if ours, err := s.examine(ctx); ours || err != nil {
		return err
	}
	// Another process may do the same at this moment, so prepareFile examines the file again under the lock.
	if err := s.run(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	ours, err := s.examine(ctx)
	if !ours && err == nil {
		err = s.run(ctx, schema+fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, version))
	}
	if err != nil {
		return errors.Join(err, s.run(context.WithoutCancel(ctx), "ROLLBACK"))
	}
	return s.run(ctx, "COMMIT")
}

// examine reports whether the file is a store. It returns an error for another program's file or a newer version, and false for
// an empty file.
func (s *Store) examine(ctx context.Context) (ours bool, err error) {
	var app, user, tables int64
	err = s.patiently(ctx, func(quiet context.Context) error {
		return s.conn.QueryRowContext(quiet, `SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
			FROM pragma_application_id, pragma_user_version`).Scan(&app, &user, &tables)
	})
	switch {
	case err != nil:
		return false, err
	case app == applicationID && user == version:
		return true, nil
	case app == applicationID && user > version:
		return false, fmt.Errorf("%w: its schema is version %d, this one knows %d", ErrNewer, user, version)
	case app == 0 && user == 0 && tables == 0:
		return false, nil
	}
	return false, fmt.Errorf("%w: it is an SQLite database with application_id %#x, user_version %d and %d tables and indexes", ErrNotOurs, app, user, tables)
}
