package routes

import "strings"

// echoMethods are the methods of HTTP that have a method of their own.
const echoMethods = " CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE "

// echoMethod evaluates a method of an Echo or a Group.
func (c *call) echoMethod(fw Framework) value {
	name := c.fn.obj.Name()
	if strings.Contains(echoMethods, " "+name+" ") {
		c.register(c.routers(fw), route{methods: []string{name}, pattern: c.arg(0), handler: 1})
		return nil
	}
	switch name {
	case "Any":
		c.register(c.routers(fw), route{methods: []string{""}, pattern: c.arg(0), handler: 1})
	case "Add":
		c.register(c.routers(fw), route{methods: c.methodTexts(), pattern: c.arg(1), at: 1, handler: 2})
	case "Match":
		c.register(c.routers(fw), route{methods: c.methodList(), pattern: c.arg(1), at: 1, handler: 2})
	case "AddRoute":
		c.addRoute(fw)
	case "Static", "StaticFS":
		all := concat(c.arg(0), textValue("*", c.argPos(0)), c.argPos(0))
		c.register(c.routers(fw), route{methods: []string{"GET"}, pattern: all, handler: -1, files: true})
	case "File", "FileFS":
		c.register(c.routers(fw), route{methods: []string{"GET"}, pattern: c.arg(0), handler: -1, files: true})
	case "Group":
		return c.grouped(c.routers(fw), c.arg(0))
	case "Host": // in echo v4 it is a group of its own
		return c.routers(fw)
	case "Use":
		c.uses(c.routers(fw))
	case "Start", "StartTLS", "StartServer":
		for _, r := range c.routers(fw) {
			c.f.serves(value{r}, c.e.Pos())
		}
	}
	return nil
}

// methodList returns the methods of a list.
func (c *call) methodList() []string {
	sub := *c
	sub.args = []value{c.arg(0).element(-1)}
	sub.e = c.e
	return sub.methodTexts()
}

// addRoute registers an echo.Route.
func (c *call) addRoute(fw Framework) {
	var pattern value
	methods := []string(nil)
	for _, a := range c.arg(0).of(recordAtom) {
		for field, v := range a.record.fields {
			switch field.Name() {
			case "Path":
				pattern = v
			case "Method":
				for _, t := range v.of(textAtom) {
					methods = append(methods, t.text)
				}
			}
		}
	}
	if len(methods) == 0 {
		methods = []string{""}
	}
	c.register(c.routers(fw), route{methods: methods, pattern: pattern, handler: -1})
}
