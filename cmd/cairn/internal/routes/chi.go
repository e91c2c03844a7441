package routes

import "strings"

// chiMethods are the methods of a router that take a pattern, by their names.
var chiMethods = map[string]string{
	"Connect": "CONNECT", "Delete": "DELETE", "Get": "GET", "Head": "HEAD", "Options": "OPTIONS", "Patch": "PATCH", "Post": "POST", "Put": "PUT",
	"Query": "QUERY", "Trace": "TRACE",
}

// chiMethod evaluates a method of a router of chi.
func (c *call) chiMethod() value {
	name := c.fn.obj.Name()
	if m, ok := chiMethods[name]; ok {
		c.register(c.routers(Chi), route{methods: []string{m}, pattern: c.arg(0), handler: 1})
		return nil
	}
	switch name {
	case "Handle", "HandleFunc":
		c.chiHandle()
	case "Method", "MethodFunc":
		c.register(c.routers(Chi), route{methods: c.methodTexts(), pattern: c.arg(1), at: 1, handler: 2})
	case "With":
		return c.routers(Chi)
	case "Use":
		c.uses(c.routers(Chi))
	case "Group":
		return c.hand(c.arg(0), c.routers(Chi))
	case "Route":
		return c.hand(c.arg(1), c.grouped(c.routers(Chi), c.arg(0)))
	case "Mount":
		c.chiMount()
	}
	return nil
}

// chiHandle registers a pattern that may begin with a method.
func (c *call) chiHandle() {
	v := c.arg(0)
	for _, a := range v.of(textAtom) {
		method, rest := "", a.text
		if i := strings.IndexAny(rest, " \t"); i >= 0 {
			method, rest = strings.ToUpper(rest[:i]), strings.TrimLeft(rest[i+1:], " \t")
		}
		a.text = rest
		c.register(c.routers(Chi), route{methods: []string{method}, pattern: value{a}, handler: 1})
	}
	if len(v.of(textAtom)) == 0 {
		c.register(c.routers(Chi), route{pattern: v, handler: 1}) // tells of the gap
	}
}

// chiMount mounts a router of chi in another one. Another handler is one route.
func (c *call) chiMount() {
	routers := c.routers(Chi)
	at := c.grouped(routers, c.arg(0))
	sub := false
	for _, child := range c.arg(1).of(routerAtom) {
		if child.router.framework != Chi {
			continue
		}
		sub = true
		for i := range at {
			at[i].router.mount(&mount{pattern: at[i].text, open: at[i].open, child: child.router, sub: child.text})
		}
	}
	if !sub {
		all := concat(c.arg(0).mapText(func(s string) string { return strings.TrimSuffix(s, "/") }), textValue("/*", c.argPos(0)), c.argPos(0))
		c.register(routers, route{methods: []string{""}, pattern: all, handler: 1})
	}
}

// mount adds a mounted router, unless the router has it.
func (r *root) mount(m *mount) {
	if m.child == r {
		return
	}
	for _, o := range r.mounts {
		if *o == *m {
			return
		}
	}
	r.mounts = append(r.mounts, m)
	m.child.mounted = true
}

// methodTexts returns the methods that the first argument names. Where it is unknown, the route may take every method.
func (c *call) methodTexts() (list []string) {
	for _, a := range c.arg(0).of(textAtom) {
		if !a.open {
			list = append(list, strings.ToUpper(a.text))
		}
	}
	if len(list) == 0 {
		c.f.gap(c.argPos(0), "the method %s of %s is no constant that could be evaluated: correct it by hand", shortExpr(c.expr(0)), c.called())
		return []string{""}
	}
	return list
}
