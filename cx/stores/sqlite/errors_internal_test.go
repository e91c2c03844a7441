package sqlite

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// TestExplain: an error of SQLite's is returned with the file, what the store was doing, and what to do where that is
// known.
func TestExplain(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "store.db")
	// try returns the error of the statement on a database that is opened in this way.
	try := func(name, statement string) error {
		db, err := sql.Open("sqlite", name)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		_, err = db.ExecContext(t.Context(), statement)
		return err
	}
	if err := try(path, "CREATE TABLE a (b PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	const writable = "have to be writable"
	for name, c := range map[string]struct {
		err  error
		says string
	}{
		"read only":   {try("file:"+path+"?mode=ro", "INSERT INTO a VALUES (1)"), writable},
		"no folder":   {try(filepath.Join(folder, "none", "store.db"), "CREATE TABLE a (b)"), writable},
		"another one": {try(path, "INSERT INTO a VALUES (1), (1)"), "sweeping: "},
		"no SQLite":   {errors.New("the disk is gone"), "the disk is gone"},
	} {
		got := (&Store{path: "the path"}).explain("sweeping", c.err)
		if c.err == nil || !errors.Is(got, c.err) || !strings.HasPrefix(got.Error(), "sqlite: the path: sweeping: ") || !strings.Contains(got.Error(), c.says) {
			t.Errorf("%s: %v, want %q in it, and %v", name, got, c.says, c.err)
		}
		if strings.Contains(got.Error(), writable) != (c.says == writable) {
			t.Errorf("%s: %v, which has the remedy of another fault", name, got)
		}
	}
}

// TestCloseReturnsTheSame: what goes wrong with closing is returned, and returned again.
func TestCloseReturnsTheSame(t *testing.T) {
	t.Parallel()
	s, err := Open(filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.conn.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(); !errors.Is(err, sql.ErrConnDone) || !strings.Contains(err.Error(), "closing") || !strings.Contains(err.Error(), s.path) {
			t.Errorf("Close returns %v, want that the connection was gone", err)
		}
	}
	if _, err := s.Write(t.Context(), nil); !errors.Is(err, ErrClosed) {
		t.Errorf("Write returns %v, want ErrClosed", err)
	}
}
