package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/gogen"
	"cairncx.dev/cairn/cx/slo/rules"
)

// output makes files from a blueprint, for one consumer. They go into a folder with its name.
type output struct {
	name, summary string
	// files makes the files. Their names are relative to the folder.
	files func(b *blueprint.Blueprint, s *generateSettings) ([]rules.File, error)
	// next is what to do with the files in the folder.
	next string
	// stale are the patterns of the names of files that an earlier run may have made, and made tells them from those of others. The default is
	// YAML that begins with a comment of ours.
	stale []string
	made  func(text []byte) bool
}

// outputs returns the outputs in the order in which they run.
func outputs() []output {
	return append([]output{
		{
			name: "prometheus", summary: "recording rules and alerts, with promtool's unit tests of them",
			files: func(b *blueprint.Blueprint, s *generateSettings) ([]rules.File, error) {
				return rules.Prometheus(b.AllObjectives(), s.options(b)...)
			},
			next: "promtool test rules %s/*.test.yaml",
		},
		{
			name: "alertmanager", summary: "routes of the alerts by owner and severity",
			files: func(b *blueprint.Blueprint, s *generateSettings) ([]rules.File, error) {
				file, err := rules.Alertmanager(b.AllObjectives(), s.options(b)...)
				return []rules.File{file}, err
			},
			next: "amtool check-config %s/alertmanager.yaml",
		},
	}, otherOutputs()...)
}

// generateSettings holds the values of the flags of generate.
type generateSettings struct {
	blueprint, out, pages, goPackage string
	scrape                           time.Duration
	matchers                         matchers
}

// matchers is the value of --match, which may be repeated.
type matchers []rules.Matcher

func (m *matchers) String() string { return "" }

func (m *matchers) Set(text string) error {
	label, value, ok := strings.Cut(text, "=")
	if !ok {
		return fmt.Errorf("%.80q is not LABEL=VALUE", text)
	}
	*m = append(*m, rules.Matcher{Label: label, Value: value})
	return nil
}

// options are the options of the rules for the blueprint. The name of the blueprint in the files has no folders, so that they are the same everywhere.
func (s *generateSettings) options(b *blueprint.Blueprint) []rules.Option {
	list := make([]rules.Option, 0, len(s.matchers)+4)
	list = append(list, rules.WithScrape(s.scrape), rules.WithPages(s.pages), rules.WithSource(s.source()))
	for _, m := range s.matchers {
		list = append(list, rules.WithMatcher(m.Label, m.Value))
	}
	if b.Breakdowns != nil {
		list = append(list, rules.WithBreakdowns(b.Breakdowns.Owner))
	}
	return list
}

func generateUsage() *usage { return generateFlags(&generateSettings{}) }

func generateFlags(s *generateSettings) *usage {
	var text strings.Builder
	text.WriteString("[WHAT…] --blueprint FILE --out DIR\n\nWrites files for the tools that watch what the blueprint promises, each WHAT into a folder of\nits name below DIR, or all of them:\n\n")
	for _, g := range outputs() {
		fmt.Fprintf(&text, "  %-13s %s\n", g.name, g.summary)
	}
	text.WriteString("\nThe same blueprint makes the same files. Files that an earlier run made, and this one does not,\nare removed. Nothing is written where a file that generate did not make is in the way. The exit\ncode is 0 when the files are written, 1 when the blueprint or the disk is at fault, and 2 when\nthe command line is wrong.")
	flags := newUsage("generate", text.String())
	flags.StringVar(&s.blueprint, "blueprint", "", "`FILE` with the objectives; - is the standard input")
	flags.StringVar(&s.blueprint, "b", "", "the same `FILE`")
	flags.StringVar(&s.out, "out", "", "`DIR`, the folder to write to; it is made if it does not exist")
	flags.StringVar(&s.out, "o", "", "the same `DIR`")
	flags.DurationVar(&s.scrape, "scrape", rules.DefaultScrape, "the longest `INTERVAL` in which Prometheus scrapes the services")
	flags.Var(&s.matchers, "match", "use only series with this `LABEL=VALUE`, such as namespace=production; may be repeated")
	flags.StringVar(&s.goPackage, "package", gogen.DefaultPackage, "the `NAME` of the package that go makes")
	flags.StringVar(&s.pages, "pages", "journeys/", "the `ADDRESS` before the name of a journey's page, for the annotation journey_page")
	return flags
}

// generate writes the files of the outputs that the arguments name, or of all.
func generate(ctx context.Context, c *env, args []string) int {
	s := &generateSettings{}
	flags := generateFlags(s)
	names, code, done := parseMixed(c, flags, args)
	if done {
		return code
	}
	chosen, wrong := chooseOutputs(names)
	switch {
	case wrong != "":
		return misused(c, flags, wrong)
	case s.blueprint == "":
		return misused(c, flags, "no blueprint is named: --blueprint FILE")
	case s.out == "":
		return misused(c, flags, "no folder is named: --out DIR")
	}
	_, b, err := load(c.stdin, s.blueprint)
	if err != nil {
		_, _ = fmt.Fprintln(c.stderr, blueprintFault("generate", err))
		return exitFault
	}
	made, err := makeFiles(chosen, b, s)
	if err != nil {
		_, _ = fmt.Fprintf(c.stderr, "cairn generate: %v\n", err)
		return exitFault
	}
	for i, g := range chosen {
		if ctx.Err() != nil {
			_, _ = fmt.Fprintln(c.stderr, "cairn: interrupted")
			return exitFault
		}
		dir := filepath.Join(s.out, g.name)
		removed, err := writeFiles(dir, made[i], &g)
		if err != nil {
			_, _ = fmt.Fprintf(c.stderr, "cairn generate: %s: %v\n", g.name, err)
			return exitFault
		}
		_, _ = fmt.Fprintf(c.stdout, "%s: %s in %s\n", g.name, count(len(made[i]), "file"), dir)
		for _, name := range removed {
			_, _ = fmt.Fprintf(c.stdout, "  removed %s, which an earlier run made\n", name)
		}
		_, _ = fmt.Fprintf(c.stdout, "  next: "+g.next+"\n", dir)
	}
	return exitOK
}

// makeFiles makes the files of each output, and sees that nothing is in their way, before anything is written.
func makeFiles(chosen []output, b *blueprint.Blueprint, s *generateSettings) (made [][]rules.File, err error) {
	made = make([][]rules.File, len(chosen))
	for i := range chosen {
		g := &chosen[i]
		if made[i], err = g.files(b, s); err != nil {
			return nil, fmt.Errorf("%s: %w", g.name, err)
		}
		path, err := g.foreign(filepath.Join(s.out, g.name), made[i])
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", g.name, err)
		case path != "":
			return nil, fmt.Errorf("%s: %s is in the way, which cairn generate did not make: move it, or name another folder with --out", g.name, path)
		}
	}
	return made, nil
}

// chooseOutputs returns the outputs with the names, or all, or says which name is wrong.
func chooseOutputs(names []string) (chosen []output, wrong string) {
	all := outputs()
	if len(names) == 0 {
		return all, ""
	}
	known := make([]string, len(all))
	for i := range all {
		known[i] = all[i].name
	}
	for _, n := range names {
		i := slices.Index(known, n)
		if i < 0 {
			return nil, fmt.Sprintf("there is nothing called %.80q to generate%s", n, meant(n, known))
		}
		if !slices.ContainsFunc(chosen, func(o output) bool { return o.name == n }) {
			chosen = append(chosen, all[i])
		}
	}
	return chosen, ""
}

// madeByUs reports whether generate wrote the text of a file, which it may remove then.
func (o *output) madeByUs(text []byte) bool {
	if o.made != nil {
		return o.made(text)
	}
	return bytes.HasPrefix(text, []byte("# Made by cairn generate"))
}

// foreign returns the path of a file that is in the way of one of the output, and that generate did not write, or "".
func (o *output) foreign(dir string, files []rules.File) (string, error) {
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		info, err := os.Stat(path)
		if err != nil {
			continue // there is none, or writing says what is wrong
		}
		if !info.Mode().IsRegular() {
			return path, nil
		}
		text, err := os.ReadFile(path) //nolint:gosec // a file of the folder that the user named
		if err != nil {
			return "", fmt.Errorf("look at what is there: %w", err)
		}
		if len(text) > 0 && !o.madeByUs(text) {
			return path, nil
		}
	}
	return "", nil
}

// writeFiles writes the files of an output into the folder, and removes those of an earlier run that are not among them. It writes all of
// them beside the old ones before it replaces the first, so that a full disk leaves the old ones as they were.
func writeFiles(dir string, files []rules.File, o *output) (removed []string, err error) {
	keep := map[string]bool{}
	staged := make([]string, 0, len(files))
	defer func() {
		for _, path := range staged {
			_ = os.Remove(path + stagedSuffix) // what was not put in its place
		}
	}()
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		keep[path] = true
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // Prometheus and Alertmanager read it as users of their own
			return nil, fmt.Errorf("make the folder: %w", err)
		}
		staged = append(staged, path)
		if err := os.WriteFile(path+stagedSuffix, f.Data, 0o644); err != nil { //nolint:gosec // the same
			return nil, fmt.Errorf("write a file: %w", err)
		}
	}
	for len(staged) > 0 {
		if err := os.Rename(staged[0]+stagedSuffix, staged[0]); err != nil {
			return nil, fmt.Errorf("put a file in its place: %w", err)
		}
		staged = staged[1:]
	}
	return o.removeStale(dir, keep)
}

// stagedSuffix is the end of the name of a file that is not in its place yet. No consumer reads files with it.
const stagedSuffix = ".cairn-new"

// removeStale removes the files of an earlier run that are not to be kept, and returns their names.
func (o *output) removeStale(dir string, keep map[string]bool) (removed []string, err error) {
	var found []string
	stale := o.stale
	if len(stale) == 0 {
		stale = []string{"*.yaml"}
	}
	for _, pattern := range stale {
		names, err := fs.Glob(os.DirFS(dir), pattern)
		if err != nil {
			return nil, fmt.Errorf("look for files of earlier runs: %w", err)
		}
		found = append(found, names...)
	}
	for _, name := range found {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if info, err := os.Lstat(path); keep[path] || err != nil || !info.Mode().IsRegular() {
			continue
		}
		text, err := os.ReadFile(path) //nolint:gosec // a file of the folder that the user named
		if err != nil || !o.madeByUs(text) {
			continue
		}
		if err := os.Remove(path); err != nil {
			return removed, fmt.Errorf("remove a file of an earlier run: %w", err)
		}
		removed = append(removed, name)
	}
	return removed, nil
}
