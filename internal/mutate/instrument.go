package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// probes is a copy of a suite's packages in which each statement, before it runs, sets its own byte of a
// memory-mapped file. Every process that runs the code writes to the same file, including a re-executed test
// binary, and the bytes remain after the process is killed.
//
// The command does not use the go command's own coverage, because a killed process writes none.
type probes struct {
	overlay  string // the overlay file for the compiler
	hits     string // the folder of the mapped files
	packages []probed
	count    int            // the number of all statements
	files    map[string]int // by path below the root: the index of the file's first statement
}

// probed is a package's mapped file, with one byte for each statement.
type probed struct {
	file  string
	count int
}

const (
	probeFile = "0mutate.go" // first in its package by name, so that its variable is initialised first
	probeName = "mutateHits"
	probeEnv  = "MUTATE_HITS" // names the folder, so that the code stays the same and is compiled once
)

const probeText = `package %s

import (
	mutateos "os"
	mutatesyscall "syscall"
)

var mutateHits = func() []byte {
	f, err := mutateos.OpenFile(mutateos.Getenv(%q)+%q, mutateos.O_RDWR, 0)
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

// probe writes the copies of the packages and their empty mapped files to a folder.
func probe(root, folder string, packages []source) (*probes, error) {
	p := &probes{hits: filepath.Join(folder, "hits"), files: map[string]int{}}
	if err := os.Mkdir(p.hits, 0o700); err != nil {
		return nil, err
	}
	over := newOverlay(folder)
	for _, pk := range packages {
		count := 0
		for _, file := range pk.code {
			p.files[below(root, file)] = p.count + count
			text, n, err := withProbes(file, count)
			if err != nil {
				return nil, err
			}
			count += n
			if err := over.put(file, text); err != nil {
				return nil, err
			}
		}
		if count == 0 {
			continue
		}
		name := "/" + strings.ReplaceAll(pk.path, "/", "+")
		text := fmt.Appendf(nil, probeText, pk.name, probeEnv, name, count)
		if err := over.put(filepath.Join(pk.dir, probeFile), text); err != nil {
			return nil, err
		}
		p.packages = append(p.packages, probed{file: p.hits + name, count: count})
		p.count += count
	}
	var err error
	if p.overlay, err = over.write(); err != nil {
		return nil, err
	}
	for _, pk := range p.packages {
		if err := os.WriteFile(pk.file, make([]byte, pk.count), 0o600); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// withProbes returns a file's text with probes, numbered from first, and their number. Lines keep their numbers.
func withProbes(file string, first int) ([]byte, int, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, 0, err
	}
	list, err := statements(file, text)
	if err != nil {
		return nil, 0, err
	}
	edits := make([]edit, 0, len(list))
	for i, s := range list {
		edits = append(edits, edit{s.start, s.start, fmt.Sprintf("%s[%d] = 1; ", probeName, first+i)})
	}
	return []byte(apply(text, 0, len(text), edits...)), len(list), nil
}

// clear resets the mapped files. The files keep their size, because a process may still have them mapped.
func (p *probes) clear() error {
	for _, pk := range p.packages {
		f, err := os.OpenFile(pk.file, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.Write(make([]byte, pk.count))
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// read returns the statements that ran since clear, as a set.
func (p *probes) read() (set, error) {
	ran := make(set, (p.count+7)/8)
	at := 0
	for _, pk := range p.packages {
		hits, err := os.ReadFile(pk.file)
		if err != nil {
			return nil, err
		}
		for i, hit := range hits {
			if hit != 0 {
				ran[(at+i)/8] |= 1 << ((at + i) % 8)
			}
		}
		at += pk.count
	}
	return ran, nil
}

// below returns a file's path below the root, with slashes.
func below(root, file string) string {
	rel, err := filepath.Rel(root, file)
	if err != nil {
		return filepath.ToSlash(file)
	}
	return filepath.ToSlash(rel)
}
