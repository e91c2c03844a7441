package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// probes is a copy of a suite's packages in which each statement, before it runs, sets its own byte
// of a file that is mapped into memory. Every process that runs the code writes to the same file, a
// re-executed test binary too, and what it wrote remains when the process is killed.
//
// The go command's own coverage is not used: a process that is killed leaves none.
type probes struct {
	overlay string         // what the compiler is given
	hits    string         // the mapped file
	count   int            // its size, which is the number of statements
	files   map[string]int // by path below the root: the index of the file's first statement
}

const (
	probeFile = "0mutate.go" // the first in its package, so that its variable is initialised first
	probeName = "mutateHits"
)

const probeText = `package %s

import (
	mutateos "os"
	mutatesyscall "syscall"
)

var mutateHits = func() []byte {
	f, err := mutateos.OpenFile(%q, mutateos.O_RDWR, 0)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	hits, err := mutatesyscall.Mmap(int(f.Fd()), 0, %d, mutatesyscall.PROT_READ|mutatesyscall.PROT_WRITE, mutatesyscall.MAP_SHARED)
	if err != nil {
		panic(err)
	}
	return hits
}()
`

// probe writes the copies of the packages, and the empty file of hits, to a folder.
func probe(root, folder string, packages []source) (*probes, error) {
	p := &probes{
		overlay: filepath.Join(folder, "overlay.json"),
		hits:    filepath.Join(folder, "hits"),
		files:   map[string]int{},
	}
	replace := map[string]string{}
	write := func(original string, text []byte) error {
		replace[original] = filepath.Join(folder, strconv.Itoa(len(replace))+".go")
		return os.WriteFile(replace[original], text, 0o600)
	}
	var probed []source
	for _, pk := range packages {
		before := p.count
		for _, file := range pk.code {
			text, err := p.add(root, file)
			if err != nil {
				return nil, err
			}
			if err := write(file, text); err != nil {
				return nil, err
			}
		}
		if p.count > before {
			probed = append(probed, pk)
		}
	}
	for _, pk := range probed {
		if err := write(filepath.Join(pk.dir, probeFile), fmt.Appendf(nil, probeText, pk.name, p.hits, p.count)); err != nil {
			return nil, err
		}
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(p.overlay, text, 0o600); err != nil {
		return nil, err
	}
	return p, os.WriteFile(p.hits, make([]byte, p.count), 0o600)
}

// add returns a file's text with the probes. Its lines remain where they are.
func (p *probes) add(root, file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	list, err := statements(file, text)
	if err != nil {
		return nil, err
	}
	p.files[below(root, file)] = p.count
	var out bytes.Buffer
	done := 0
	for _, s := range list {
		out.Write(text[done:s.start])
		fmt.Fprintf(&out, "%s[%d] = 1; ", probeName, p.count)
		done = s.start
		p.count++
	}
	out.Write(text[done:])
	return out.Bytes(), nil
}

// clear forgets the hits. The file keeps its size, since a process may still have it mapped.
func (p *probes) clear() error {
	f, err := os.OpenFile(p.hits, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := f.Write(make([]byte, p.count)); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// read returns the statements that ran since clear, as a set.
func (p *probes) read() (set, error) {
	hits, err := os.ReadFile(p.hits)
	if err != nil {
		return nil, err
	}
	ran := make(set, (p.count+7)/8)
	for i, hit := range hits {
		if hit != 0 {
			ran[i/8] |= 1 << (i % 8)
		}
	}
	return ran, nil
}

// below is a file's path below the root, with slashes.
func below(root, file string) string {
	rel, err := filepath.Rel(root, file)
	if err != nil {
		return filepath.ToSlash(file)
	}
	return filepath.ToSlash(rel)
}
