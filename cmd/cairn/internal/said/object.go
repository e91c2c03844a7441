package said

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// objects reads the rows of a file with one JSON object on each line.
func (r *reader) objects(ctx context.Context, text *bufio.Reader) error {
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, maxRow)
	line := 0
	for lines.Scan() {
		line++
		if err := ctx.Err(); err != nil {
			return err //nolint:wrapcheck // the caller knows what it has stopped
		}
		b := bytes.TrimSpace(lines.Bytes())
		if len(b) == 0 {
			continue
		}
		if err := r.object(line, b); err != nil {
			return err
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("line %d is longer than %d bytes: write one object on each line", line+1, maxRow)
	} else if err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	return nil
}

// object takes one object.
func (r *reader) object(line int, b []byte) error {
	object, err := decode(b)
	if err != nil {
		return r.bad(line, err)
	}
	if _, own := object["kind"]; own && object["v"] != nil {
		return r.bad(line, errors.New("it is an event of Cairn: name the file as a LOG, without --feedback"))
	}
	var v values
	for _, key := range slices.Sorted(maps.Keys(object)) {
		f, ok := r.cfg.Columns.of(key)
		if !ok {
			if err := r.without(line, key); err != nil {
				return err
			}
			continue
		}
		if v[f], ok = text(object[key]); !ok {
			return r.bad(line, fmt.Errorf("%s is neither a text nor a number", r.name(f)))
		}
	}
	return r.row(line, &v)
}

// decode returns the members of an object.
func decode(b []byte) (object map[string]any, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err = d.Decode(&object); err != nil || object == nil {
		return nil, errors.New("it is no JSON object: write one object on each line")
	}
	if _, err = d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more follows its JSON object: write one object on each line")
	}
	return object, nil
}

// text returns the text of a member: of a text, a number, or a list of them, with a line break between.
func text(member any) (string, bool) {
	switch m := member.(type) {
	case nil:
		return "", true
	case string:
		return m, true
	case json.Number:
		return m.String(), true
	case []any:
		list := make([]string, len(m))
		for i := range m {
			part, ok := text(m[i])
			if _, nested := m[i].([]any); !ok || nested {
				return "", false
			}
			list[i] = part
		}
		return strings.Join(list, "\n"), true
	default:
		return "", false
	}
}
