package routes

// ginMethods are the methods of HTTP that have a method of their own.
var ginMethods = map[string]bool{"GET": true, "POST": true, "DELETE": true, "PATCH": true, "PUT": true, "OPTIONS": true, "HEAD": true}

// ginMethod evaluates a method of an Engine or a RouterGroup.
func (c *call) ginMethod() value {
	name := c.fn.obj.Name()
	last := len(c.args) - 1 // handlers come before it
	if ginMethods[name] {
		c.register(c.routers(Gin), route{methods: []string{name}, pattern: c.arg(0), handler: last})
		return c.routers(Gin)
	}
	files := []string{"GET", "HEAD"}
	switch name {
	case "Any":
		c.register(c.routers(Gin), route{methods: []string{""}, pattern: c.arg(0), handler: last})
	case "Handle":
		c.register(c.routers(Gin), route{methods: c.methodTexts(), pattern: c.arg(1), at: 1, handler: last})
	case "Match":
		c.register(c.routers(Gin), route{methods: c.methodList(), pattern: c.arg(1), at: 1, handler: last})
	case "Static", "StaticFS":
		all := concat(c.arg(0), textValue("/*filepath", c.argPos(0)), c.argPos(0))
		c.register(c.routers(Gin), route{methods: files, pattern: all, handler: -1, files: true})
	case "StaticFile", "StaticFileFS":
		c.register(c.routers(Gin), route{methods: files, pattern: c.arg(0), handler: -1, files: true})
	case "Group":
		return c.grouped(c.routers(Gin), c.arg(0))
	case "Use":
		c.uses(c.routers(Gin))
	case "With":
	case "Handler":
		return c.routers(Gin)
	case "Run", "RunTLS", "RunListener", "RunUnix", "RunFd", "RunQUIC":
		c.f.serves(c.routers(Gin), c.e.Pos())
		return nil
	default:
		return nil
	}
	return c.routers(Gin)
}
