package sqlarchive

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"io"
)

// secure_delete overwrites rows that are deleted. It does not overwrite the copies that SQLite leaves in the unused part of a
// page when it splits a full page or joins two pages: the rows that moved away stay there until other rows need the space. An
// erasure therefore overwrites the unused part of every page. VACUUM was rejected: it needs the space of a second file, cannot be
// part of the erasure's transaction, and takes longer.

// wipe overwrites the unused parts of the file's pages. It runs in the transaction of the erasure, so that a call that fails has
// erased nothing, and the caller can repeat it.
func (s *sqlite) wipe(ctx, quiet context.Context) error {
	trees, err := s.column(quiet, "SELECT name FROM sqlite_schema WHERE rootpage > 0 ORDER BY rootpage")
	if err != nil {
		return err
	}
	for _, tree := range trees {
		if err := s.wipeTree(ctx, quiet, tree); err != nil {
			return err
		}
	}
	return nil
}

// wipeTree overwrites the unused parts of the pages of a table or an index.
func (s *sqlite) wipeTree(ctx, quiet context.Context, tree driver.Value) error {
	pages, err := s.column(quiet, "SELECT pageno FROM dbstat WHERE name = ? AND pagetype <> 'overflow'", tree) // with secure_delete an overflow page has no stale rows
	if err != nil || len(pages) == 0 {
		return err
	}
	read, err := prepare(quiet, s.link, "SELECT data FROM sqlite_dbpage WHERE pgno = ?")
	if err != nil {
		return err
	}
	defer func() { _ = read.Close() }()
	for _, page := range pages {
		if ctx.Err() != nil {
			return context.Cause(ctx) //nolint:wrapcheck // Forget adds the operation
		}
		row, err := first(read.QueryContext(quiet, numbered([]driver.Value{page})))
		if err != nil {
			return err
		}
		data, _ := row[0].([]byte)
		if number, _ := page.(int64); !clearUnused(data, number == 1) {
			continue
		}
		if _, err := execute(quiet, s.link, "UPDATE sqlite_dbpage SET data = ? WHERE pgno = ?", data, page); err != nil {
			return err
		}
	}
	return nil
}

// column returns the first column of a query's rows.
func (s *sqlite) column(ctx context.Context, text string, args ...driver.Value) (values []driver.Value, err error) {
	rows, err := s.link.QueryContext(ctx, text, numbered(args))
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller adds the operation
	}
	cells := make([]driver.Value, len(rows.Columns()))
	for err = rows.Next(cells); err == nil; err = rows.Next(cells) {
		values = append(values, cells[0])
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return values, errors.Join(err, rows.Close())
}

// clearUnused overwrites the unused parts of a page of a table or an index, and reports whether the page has changed. These parts
// are the gap between the list of rows and the rows, and the free blocks among the rows. The source is "Database File Format",
// section 1.6, https://www.sqlite.org/fileformat2.html#b_tree_pages. If the page does not have that form, it stays as it is.
func clearUnused(page []byte, first bool) (changed bool) {
	const fileHeader, leafHeader, innerHeader, blockHeader = 100, 8, 12, 4
	start, header := 0, leafHeader
	if first {
		start = fileHeader
	}
	if len(page) < start+innerHeader {
		return false
	}
	switch page[start] {
	case 2, 5: // inner pages of an index and of a table
		header = innerHeader
	case 10, 13: // leaves
	default:
		return false
	}
	number := func(at int) int { return int(binary.BigEndian.Uint16(page[at:])) }
	from, to := start+header+2*number(start+3), number(start+5)
	if to == 0 {
		to = 1 << 16
	}
	if from > to || to > len(page) {
		return false
	}
	zeros := func(part []byte) {
		if len(bytes.TrimLeft(part, "\x00")) > 0 {
			clear(part)
			changed = true
		}
	}
	zeros(page[from:to])
	for block, last := number(start+1), to-1; block > last; { // the blocks are in ascending order
		if block+blockHeader > len(page) {
			break
		}
		end := block + number(block+2)
		if end < block+blockHeader || end > len(page) {
			break
		}
		zeros(page[block+blockHeader : end])
		block, last = number(block), block
	}
	return changed
}
