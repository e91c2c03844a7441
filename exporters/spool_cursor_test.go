package exporters_test

import (
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
)

// cursorLine is a line of the cursor: a CRC-32C of what follows it, and numbers.
func cursorLine(numbers string) string {
	return fmt.Sprintf("%08x %s\n", crc32.Checksum([]byte(numbers), crc32.MakeTable(crc32.Castagnoli)), numbers)
}

// TestSpoolCursorForms: a cursor of an earlier version, which has one number or two, is believed; one that says what
// no version writes is not, whatever its checksum says, and everything is delivered again.
func TestSpoolCursorForms(t *testing.T) {
	const events = 6 // their records have the numbers from 1 on
	number := func(n uint64) string { return fmt.Sprintf("%016x", n) }
	line := func(numbers ...uint64) string {
		var text []string
		for _, n := range numbers {
			text = append(text, number(n))
		}
		return cursorLine(strings.Join(text, " "))
	}
	for _, c := range []struct {
		name, line string
		from       int // the first event that is delivered
		dropped    uint64
		damaged    uint64
	}{
		{"one number", line(4), 3, 0, 0},
		{"two numbers", line(4, 7), 3, 0, 0},
		{"two, and more was acknowledged than is there", line(4, 9), 3, 2, 2},
		{"three numbers", line(4, 7, 4), 3, 0, 0},
		{"three, and two events that nothing has counted", line(4, 7, 2), 3, 2, 0},
		{"more is counted than is done", line(4, 7, 5), 0, 0, 0},
		{"a number that is none", cursorLine(number(4) + " " + number(7) + " 000000000000000x"), 0, 0, 0},
		{"two, one of which is none", cursorLine(number(4) + " 000000000000000x"), 0, 0, 0},
		{"one that is none", cursorLine("00000000000000x4"), 0, 0, 0},
		{"a number that is too large", line(1<<62+1, 1<<62+1, 1<<62+1), 0, 0, 0},
		{"a checksum that is none", "zzzzzzzz " + line(4, 7, 4)[9:], 0, 0, 0},
		{"another checksum", "00000000 " + line(4, 7, 4)[9:], 0, 0, 0},
		{"cut off", line(4, 7, 4)[:59], 0, 0, 0},
		{"beyond the records", line(40, 40, 40), 0, 0, 0},
		{"the second place has more that was acknowledged", line(4, 7, 4) + strings.Repeat("\x00", 4096-60) + line(4, 9, 4), 3, 2, 2},
		{"the first place has", line(4, 9, 4) + strings.Repeat("\x00", 4096-60) + line(4, 7, 4), 3, 2, 2},
		{"the second place is older", line(4, 7, 4) + strings.Repeat("\x00", 4096-60) + line(2, 7, 2), 3, 0, 0},
		{"two numbers over three", line(4, 7) + "0000000000000002\n", 3, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				m := leaves(t, 1)
				m.Put("cursor", c.line)
				var got fake
				s, err := onDisk(m, &got)
				must(t, err)
				must(t, s.Drain(t.Context()))
				must(t, s.Shutdown(t.Context()))
				same(t, got.got(), numbered(c.from, events), "what the cursor says is not done")
				if st := s.Stats(); st.Dropped != c.dropped || st.Damaged != c.damaged {
					t.Errorf("%+v, want %d dropped, %d of them damaged", st, c.dropped, c.damaged)
				}
				var again fake
				s, err = onDisk(m, &again)
				must(t, err)
				must(t, s.Drain(t.Context()))
				must(t, s.Shutdown(t.Context()))
				if st := s.Stats(); len(again.got()) > 0 || st.Dropped > 0 {
					t.Errorf("the next process delivers %v and says %+v", again.got(), st)
				}
			})
		})
	}
}
