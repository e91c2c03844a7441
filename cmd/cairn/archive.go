package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// errArchives says that there is more than one stream to read.
var errArchives = errors.New("an archive is read as a stream, and only one stream can be read, the standard input included: name the other logs alone")

// archived replaces an archive among the logs, which is an SQLite file or the URL of a PostgreSQL database, by the standard input, and
// returns what to read as that: the events of the archive as lines of JSON. The caller calls done when it has read what it wants.
func archived(ctx context.Context, files []string, stdin io.Reader) (names []string, in io.Reader, done func(), err error) {
	i := slices.IndexFunc(files, isArchive)
	if i < 0 {
		return files, stdin, func() {}, nil
	}
	if slices.ContainsFunc(files[i+1:], isArchive) || slices.Contains(files, eventlog.Stdin) {
		return nil, nil, nil, errArchives
	}
	ctx, cancel := context.WithCancel(ctx)
	r, w := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		dump := sqlarchive.DumpSQLite
		if isURL(files[i]) {
			dump = func(ctx context.Context, url string, w io.Writer) error { return sqlarchive.DumpPostgres(ctx, url, w) }
		}
		_ = w.CloseWithError(dump(ctx, files[i], w)) // the reader gets io.EOF or the error
	}()
	names = slices.Clone(files)
	names[i] = eventlog.Stdin
	return names, r, func() {
		_ = r.Close()
		cancel()
		<-ended
	}, nil
}

func isURL(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")
}

// isArchive reports whether the name is that of an archive.
func isArchive(name string) bool {
	if isURL(name) {
		return true
	}
	const magic = "SQLite format 3\x00"
	f, err := os.Open(name) //nolint:gosec // the file that the user names
	if err != nil {
		return false // eventlog says what is wrong
	}
	start := make([]byte, len(magic))
	_, err = io.ReadFull(f, start)
	return errors.Join(err, f.Close()) == nil && bytes.Equal(start, []byte(magic))
}

// shownName returns the name of a log for a report, without a password.
func shownName(name string) string {
	if name == eventlog.Stdin {
		return "standard input"
	}
	if isURL(name) {
		if u, err := url.Parse(name); err == nil {
			return u.Redacted()
		}
		return "postgres"
	}
	return name
}
