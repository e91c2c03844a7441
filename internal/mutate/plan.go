package main

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// batch has mutants in the order in which they are tried, until enough of them count.
type batch struct {
	mutants []mutation
	enough  int // 0 means all
}

// plan has the batches: one for each package, or one for all.
type plan struct {
	batches    []batch
	equivalent map[string]int // by package: the number of declared equivalents, which are left out
}

// plan draws the sample. A mutant's rank depends on the seed and its key only, so an edit elsewhere does not
// change it.
func (w *world) plan(s settings) (plan, error) {
	p := plan{equivalent: map[string]int{}}
	var all []mutation
	known := map[string]bool{}
	for _, pk := range w.packages {
		var own []mutation
		for _, m := range pk.sites {
			known[m.key] = true
			switch {
			case !strings.Contains(m.key, s.match):
			case w.equivalent[m.key] != "":
				p.equivalent[pk.rel]++
			default:
				own = append(own, m)
			}
		}
		if len(own) == 0 {
			continue
		}
		all = append(all, own...)
		if s.total == 0 {
			p.batches = append(p.batches, batch{mutants: ranked(s.seed, own), enough: s.each})
		}
	}
	if s.total > 0 && len(all) > 0 {
		p.batches = []batch{{mutants: ranked(s.seed, all), enough: s.total}}
	}
	return p, w.stale(known)
}

// stale returns an error for each declared equivalent that no longer exists, in a package that was read.
func (w *world) stale(known map[string]bool) error {
	var gone []error
	for key := range w.equivalent {
		for _, p := range w.packages {
			file, _, _ := strings.Cut(key, " ")
			if len(p.sites) > 0 && strings.HasPrefix(file, p.rel+"/") && !strings.Contains(file[len(p.rel)+1:], "/") && !known[key] {
				gone = append(gone, fmt.Errorf("equivalents.txt declares a mutant that the code no longer has; remove the line: %s", key))
			}
		}
	}
	slices.SortFunc(gone, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return errors.Join(gone...)
}

func ranked(seed uint64, list []mutation) []mutation {
	rank := make(map[string][]byte, len(list))
	for _, m := range list {
		sum := sha256.Sum256(append(binary.BigEndian.AppendUint64(nil, seed), m.key...))
		rank[m.key] = sum[:]
	}
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b mutation) int { return bytes.Compare(rank[a.key], rank[b.key]) })
	return list
}

// print lists the mutants that the plan would try.
func (p plan) print(w io.Writer) error {
	for _, b := range p.batches {
		list := b.mutants
		if b.enough > 0 && b.enough < len(list) {
			list = list[:b.enough]
		}
		for i := range list {
			if _, err := fmt.Fprintf(w, "%s\n%s\n%s\n", list[i].place(), list[i].key, list[i].diff()); err != nil {
				return err
			}
		}
	}
	return nil
}

// readEquivalents reads the declared equivalents: a key, " -- " and the reason. It ignores empty lines and lines
// that begin with #. A repository without the file declares none.
func readEquivalents(file string) (map[string]string, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	} else if err != nil {
		return nil, err
	}
	out := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.LastIndex(line, " -- ")
		if at < 0 || strings.TrimSpace(line[at+4:]) == "" {
			return nil, fmt.Errorf("%s:%d: want a key, \" -- \" and the reason", file, n)
		}
		key := strings.TrimSpace(line[:at])
		if out[key] != "" {
			return nil, fmt.Errorf("%s:%d: this mutant is declared twice: remove one line", file, n)
		}
		out[key] = strings.TrimSpace(line[at+4:])
	}
	return out, lines.Err()
}
