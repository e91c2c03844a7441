package routes

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// Config says what to read.
type Config struct {
	// Dir is the folder in which the patterns are looked up. Default: the current one.
	Dir string
	// From is the folder to which places are relative. Default: Dir.
	From string
	// Tags are build tags, separated by commas.
	Tags string
	// Env is the environment of the go command. Default: that of the process. Find adds CGO_ENABLED=0, so that no C compiler and no
	// pkg-config runs on what the module says.
	Env []string
	// Steps bounds the evaluation, in expressions and statements. Default: 5 million.
	Steps int
}

// ErrNothing is the error of patterns that match no package.
var ErrNothing = errors.New("no Go package matches")

// Find reads the packages that the patterns match, in the form of go list, and the packages of the same modules that they import.
// Each part that it cannot read is a gap. Its error says that it could read nothing, or that the context has ended.
func Find(ctx context.Context, c Config, patterns ...string) (*Found, error) {
	l, err := load(ctx, c, patterns)
	if err != nil {
		return nil, err
	}
	f := newFinder(ctx, l, cmp.Or(c.Steps, defaultSteps))
	f.run()
	if err := ctx.Err(); err != nil {
		return nil, stopped(ctx, err)
	}
	return f.collect(), nil
}

// stopped returns the error of a reading that the context has ended.
func stopped(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("reading the packages took too long: name fewer of them, such as ./cmd/x: %w", ctx.Err())
	}
	return err
}

// loaded are packages with their types.
type loaded struct {
	dir  string
	fset *token.FileSet
	// own are the packages of the main modules that are read, each after those that it imports.
	own []*packages.Package
	// all are the packages with their dependencies, by path.
	all map[string]*packages.Package
	// named are the paths of the packages that the patterns match.
	named map[string]bool
	gaps  []Gap
}

func load(ctx context.Context, c Config, patterns []string) (*loaded, error) {
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, err //nolint:wrapcheck // it says what is wrong with the folder
	}
	from, err := filepath.Abs(cmp.Or(c.From, dir))
	if err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	if resolved, err := filepath.EvalSymlinks(from); err == nil && c.From == "" {
		from = resolved // the go command names files so
	}
	l := &loaded{dir: from, fset: token.NewFileSet(), all: map[string]*packages.Package{}, named: map[string]bool{}}
	cfg := &packages.Config{
		Context: ctx, Dir: dir, Fset: l.fset, Env: environment(c.Env),
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps | packages.NeedModule,
	}
	if c.Tags != "" {
		cfg.BuildFlags = []string{"-tags=" + c.Tags}
	}
	listed, err := packages.Load(cfg, patterns...)
	if err != nil {
		return nil, goFault(ctx, err)
	}
	modules := map[string]bool{}
	for _, p := range listed {
		l.named[p.PkgPath] = true
		if p.Module != nil {
			modules[p.Module.Path] = true
		}
	}
	own := map[string]bool{}
	var paths []string
	packages.Visit(listed, nil, func(p *packages.Package) {
		if !own[p.PkgPath] && len(p.GoFiles) > 0 && (l.named[p.PkgPath] || p.Module != nil && p.Module.Main && modules[p.Module.Path]) {
			own[p.PkgPath] = true
			paths = append(paths, p.PkgPath)
		}
	})
	if len(paths) == 0 {
		return nil, l.nothing(listed, patterns)
	}
	return l, l.types(ctx, cfg, listed, paths, own)
}

// environment returns the environment of the go command.
func environment(env []string) []string {
	if env == nil {
		env = os.Environ()
	}
	return append(env[:len(env):len(env)], "CGO_ENABLED=0")
}

// goFault returns the error of a go command that listed nothing.
func goFault(ctx context.Context, err error) error {
	text := strings.TrimSpace(strings.TrimPrefix(err.Error(), "err: exit status 1: stderr: "))
	switch {
	case ctx.Err() != nil:
		return stopped(ctx, ctx.Err())
	case strings.Contains(text, "executable file not found"):
		return fmt.Errorf("the go command lists the packages, and was not found: install Go, or add it to PATH: %w", err)
	default:
		return fmt.Errorf("go list: %s", text) //nolint:err113 // a message for the user
	}
}

// nothing returns the error of patterns that match no package with files.
func (l *loaded) nothing(listed []*packages.Package, patterns []string) error {
	for _, p := range listed {
		if len(p.Errors) == 0 {
			continue
		}
		text := l.shorten(p.Errors[0].Msg)
		if strings.Contains(text, "build constraints exclude all") {
			text += ": give the build tags with --tags"
		}
		return fmt.Errorf("%w: %s", ErrNothing, text)
	}
	return fmt.Errorf("%w %q: name a folder with Go files, or ./... for all below it", ErrNothing, patterns)
}

// types checks the types of the packages at the paths.
func (l *loaded) types(ctx context.Context, cfg *packages.Config, listed []*packages.Package, paths []string, own map[string]bool) error {
	bodies := map[string]bool{}
	packages.Visit(listed, nil, func(p *packages.Package) {
		if own[p.PkgPath] {
			for _, name := range p.GoFiles {
				bodies[name] = true
			}
		}
	})
	cfg.Mode |= packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedCompiledGoFiles
	cfg.ParseFile = func(fset *token.FileSet, name string, src []byte) (*ast.File, error) {
		if bodies[name] {
			return parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
		}
		return parseDeclarations(fset, name, src)
	}
	checked, err := packages.Load(cfg, paths...)
	if err != nil {
		return goFault(ctx, err)
	}
	packages.Visit(checked, nil, func(p *packages.Package) {
		l.all[p.PkgPath] = p
		if own[p.PkgPath] && p.TypesInfo != nil {
			l.own = append(l.own, p)
			l.told(p)
		}
	})
	for _, p := range listed { // a package without files, or that go list does not know
		if !own[p.PkgPath] {
			l.told(p)
		}
	}
	if ctx.Err() != nil {
		return stopped(ctx, ctx.Err())
	}
	return nil
}

// parseDeclarations parses a file of a dependency. It drops the bodies of functions, which the finder does not enter.
func parseDeclarations(fset *token.FileSet, name string, src []byte) (*ast.File, error) {
	file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if file != nil {
		for _, d := range file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				fn.Body = nil
			}
		}
	}
	return file, err //nolint:wrapcheck // go/packages reports it
}

// mostErrors is how many errors of one package are told.
const mostErrors = 3

// told adds the gaps of a package: its errors, and the files that need C.
func (l *loaded) told(p *packages.Package) {
	for i, e := range p.Errors {
		if i == mostErrors {
			l.gaps = append(l.gaps, Gap{l.errorPlace(p, e.Pos), fmt.Sprintf("the package %s has %d more errors", p.PkgPath, len(p.Errors)-i)})
			break
		}
		text := l.shorten(e.Msg)
		l.gaps = append(l.gaps, Gap{l.errorPlace(p, e.Pos), "the package " + p.PkgPath + " has an error, so that some of its routes may be missing: " + text})
	}
	for _, name := range p.IgnoredFiles {
		if line := importsC(name); line > 0 {
			l.gaps = append(l.gaps, Gap{Place{l.relative(name), line}, "the file imports C and was not read: add its routes by hand"})
		}
	}
}

// importsC returns the line on which the file imports "C", or 0.
func importsC(name string) int {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, nil, parser.ImportsOnly)
	if err != nil {
		return 0
	}
	for _, s := range file.Imports {
		if s.Path.Value == `"C"` {
			return fset.Position(s.Pos()).Line
		}
	}
	return 0
}

// errorPlace parses the position of an error: "file:line:column", "file:line", "-" or "".
func (l *loaded) errorPlace(p *packages.Package, pos string) Place {
	parts := strings.Split(pos, ":")
	for len(parts) > 1 {
		last := len(parts) - 1
		line, err := strconv.Atoi(parts[last])
		if err != nil {
			break
		}
		if file := strings.Join(parts[:last], ":"); !endsInNumber(file) {
			return Place{l.relative(file), line}
		}
		parts = parts[:last]
	}
	if len(p.GoFiles) > 0 {
		return Place{l.relative(p.GoFiles[0]), 1}
	}
	return Place{p.PkgPath, 0}
}

func endsInNumber(text string) bool {
	i := strings.LastIndexByte(text, ':')
	_, err := strconv.Atoi(text[i+1:])
	return i >= 0 && err == nil
}

// shorten returns the message on one line, with names of files as the user knows them.
func (l *loaded) shorten(text string) string {
	text = strings.Join(strings.Fields(strings.ReplaceAll(text, l.dir+string(filepath.Separator), "")), " ")
	const most = 300
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// relative returns the name of the file as the user knows it.
func (l *loaded) relative(name string) string {
	if !filepath.IsAbs(name) {
		return filepath.ToSlash(name)
	}
	if short, err := filepath.Rel(l.dir, name); err == nil && !strings.HasPrefix(short, ".."+string(filepath.Separator)+"..") {
		return filepath.ToSlash(short)
	}
	return filepath.ToSlash(name)
}

func (l *loaded) place(pos token.Pos) Place {
	p := l.fset.PositionFor(pos, false) // the file that is there, and not the one of a line directive
	return Place{l.relative(p.Filename), p.Line}
}
