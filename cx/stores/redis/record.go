package redis

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// The parts of a record's string. The head has the state (a byte, L or C), the due time (a float64 of microseconds since 1970,
// infinite for never), and the lengths of the customer and of the place (16 bits each), all big-endian. Customer, place and
// log follow.
const (
	stateClosed = 'C'
	headSize    = 1 + 8 + 2 + 2
)

// The kinds of an operation.
const (
	kindAppend byte = iota
	kindReplace
	kindClose
)

const (
	maxCustomer = 128
	maxPlace    = math.MaxUint16
	idSize      = 2 * len(ledger.Key{})
)

// parts splits a record's string.
func parts(record string) (log string, closed bool, err error) {
	if len(record) < headSize {
		return "", false, fmt.Errorf("a record of %d bytes has no head: something else has written to its key", len(record))
	}
	customer := int(binary.BigEndian.Uint16([]byte(record[9:11])))
	place := int(binary.BigEndian.Uint16([]byte(record[11:13])))
	if len(record) < headSize+customer+place {
		return "", false, fmt.Errorf("a record of %d bytes ends within its head: something else has written to its key", len(record))
	}
	return record[headSize+customer+place:], record[0] == stateClosed, nil
}

// after returns the record of a change, given the one before it: nil or a string.
func after(c *ledger.Change, before any) (ledger.Record, error) {
	r := ledger.Record{Key: c.Key}
	if before == nil {
		if c.Replace == nil {
			r.Log = append([]byte{}, c.Append...)
		}
		return r, nil
	}
	record, ok := before.(string)
	if !ok {
		return r, fmt.Errorf("a record is a %T, want a string", before)
	}
	log, closed, err := parts(record)
	if err != nil {
		return r, err
	}
	switch {
	case closed:
		r.Log, r.Closed = []byte(log), true
	case c.Replace == nil:
		r.Log = append(append(make([]byte, 0, len(log)+len(c.Append)), log...), c.Append...)
	case log == string(c.If):
		r.Log, r.Closed = bytes.Clone(c.Replace), c.Close
	default:
		r.Log = []byte(log)
	}
	return r, nil
}

// validate returns an error for a change that a record cannot hold.
func validate(c *ledger.Change) error {
	if len(c.Customer) > maxCustomer {
		return fmt.Errorf("record %x: the customer's ID has %d bytes, at most %d are kept", c.Key, len(c.Customer), maxCustomer)
	}
	if n := len(placeField(c.Place)); n > maxPlace {
		return fmt.Errorf("record %x: its place has %d bytes, at most %d are kept", c.Key, n, maxPlace)
	}
	return nil
}

// appendOperation appends the write script's arguments for a change, except its texts: the kind, the due time, the lease and
// the customer.
func appendOperation(b []byte, c *ledger.Change) []byte {
	kind := kindAppend
	switch {
	case c.Replace == nil:
	case c.Close:
		kind = kindClose
	default:
		kind = kindReplace
	}
	due, lease := math.Inf(1), math.Inf(1)
	if !c.Due.IsZero() {
		due = microseconds(c.Due)
	}
	if c.Lease > 0 {
		lease = ceil(c.Lease, time.Microsecond)
	}
	b = append(b, kind)
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(due))
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(lease))
	return append(b, c.Customer...)
}

// microseconds returns t as a score of Redis, rounded up. It is exact until the year 2255.
func microseconds(t time.Time) float64 {
	return float64(t.Unix())*1e6 + ceil(time.Duration(t.Nanosecond()), time.Microsecond)
}

// ceil returns d in units, rounded up.
func ceil(d, unit time.Duration) float64 {
	n := d / unit
	if d%unit > 0 {
		n++
	}
	return float64(n)
}

// number returns n as Lua reads it.
func number(n float64) string { return strconv.FormatFloat(n, 'f', 0, 64) }

// keeping returns the retention time in milliseconds, or "" for none.
func keeping(keep time.Duration) string {
	if keep <= 0 {
		return ""
	}
	return number(ceil(keep, time.Millisecond))
}

// placeField returns a place as the field of a hash, or "" for no place. The length marks the end of the journey's name,
// which may contain any character.
func placeField(p ledger.Place) string {
	if p == (ledger.Place{}) {
		return ""
	}
	return strconv.Itoa(len(p.Group)) + ":" + p.Group + ":" + p.Name
}

// parsePlace is the inverse of placeField.
func parsePlace(field string) (ledger.Place, error) {
	length, rest, _ := strings.Cut(field, ":")
	n, err := strconv.Atoi(length)
	if err != nil || n < 0 || n >= len(rest) || rest[n] != ':' {
		return ledger.Place{}, fmt.Errorf("%.80q is not the field of a place: something else has written to the counts", field)
	}
	return ledger.Place{Group: rest[:n], Name: rest[n+1:]}, nil
}
