package routes

import (
	"path"
	"strings"
)

// httpFunc evaluates a function of package net/http.
func (c *call) httpFunc() (value, bool) {
	switch c.fn.obj.Name() {
	case "NewServeMux":
		return c.f.newRoot(NetHTTP, c.e.Pos(), c.at), true
	case "Handle", "HandleFunc":
		mux := value{{kind: routerAtom, router: c.f.defaultMux(c.e.Pos())}}
		c.register(mux, route{methods: []string{""}, pattern: c.arg(0), handler: 1})
	case "ListenAndServe", "ListenAndServeTLS", "Serve", "ServeTLS":
		at := 1
		if c.fn.obj.Name() == "ListenAndServeTLS" {
			at = 3
		}
		v := c.arg(at)
		if id := shortExpr(c.expr(at)); id == "nil" {
			v = value{{kind: routerAtom, router: c.f.defaultMux(c.e.Pos())}}
		}
		c.f.serves(v, c.e.Pos())
	case "FileServer", "FileServerFS":
		return value{{kind: filesAtom}}, true
	default:
		return nil, false
	}
	return nil, true
}

// muxMethod evaluates a method of a ServeMux.
func (c *call) muxMethod() value {
	switch c.fn.obj.Name() {
	case "Handle", "HandleFunc":
		c.register(c.routers(NetHTTP), route{methods: []string{""}, pattern: c.arg(0), handler: 1})
	}
	return nil
}

// textFunc evaluates functions that make patterns of texts.
func (c *call) textFunc(pkg string) (value, bool) {
	name := pkg + "." + c.fn.obj.Name()
	if name == "fmt.Sprintf" {
		return c.sprintf(), true
	}
	if name == "path.Join" {
		out := c.arg(0)
		for _, a := range c.args[min(1, len(c.args)):] {
			out = concat(concat(out, textValue("/", 0), c.e.Pos()), a, c.e.Pos())
		}
		return out.mapText(path.Clean), true
	}
	cut := c.arg(1).of(textAtom)
	if f, ok := oneText[name]; ok {
		return c.arg(0).mapText(f), true
	}
	if f, ok := twoTexts[name]; ok && len(cut) == 1 && !cut[0].open {
		return c.arg(0).mapText(func(s string) string { return f(s, cut[0].text) }), true
	}
	return nil, false
}

// oneText and twoTexts are the functions of package strings that patterns are made with.
var (
	oneText = map[string]func(string) string{
		"strings.ToUpper": strings.ToUpper, "strings.ToLower": strings.ToLower, "strings.TrimSpace": strings.TrimSpace,
	}
	twoTexts = map[string]func(s, cut string) string{
		"strings.TrimSuffix": strings.TrimSuffix, "strings.TrimPrefix": strings.TrimPrefix, "strings.Trim": strings.Trim,
		"strings.TrimRight": strings.TrimRight, "strings.TrimLeft": strings.TrimLeft,
	}
)

// sprintf evaluates a format with %s and %v of texts. Other verbs are unknown.
func (c *call) sprintf() value {
	format := c.arg(0).of(textAtom)
	if len(format) != 1 || format[0].open {
		return nil
	}
	args := c.args[1:]
	if c.e.Ellipsis.IsValid() {
		return nil
	}
	var out value
	rest := format[0].text
	for next := 0; ; next++ {
		i := strings.IndexByte(rest, '%')
		if i < 0 || i+1 >= len(rest) {
			return concat(startOf(out), textValue(rest, format[0].pos), c.e.Pos())
		}
		out = concat(startOf(out), textValue(rest[:i], format[0].pos), c.e.Pos())
		verb := rest[i+1]
		rest = rest[i+2:]
		switch {
		case verb == '%':
			out = concat(out, textValue("%", format[0].pos), c.e.Pos())
			next--
		case (verb == 's' || verb == 'v') && next < len(args):
			out = concat(out, args[next], c.e.Pos())
		default:
			rest = strings.TrimLeft(rest, "0123456789.+-# sdvqxT")
			out = concat(out, openText(c.e.Pos()), c.e.Pos())
		}
		if len(out) == 0 {
			return nil
		}
	}
}

func startOf(v value) value {
	if len(v) == 0 {
		return textValue("", 0)
	}
	return v
}
