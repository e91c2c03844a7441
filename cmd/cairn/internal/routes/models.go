package routes

import (
	"go/ast"
	"go/types"
	"path"
	"strings"
)

// chiPath, echoPath, … are the paths of the packages that are known.
const (
	chiPath     = "github.com/go-chi/chi/v5"
	echoPath    = "github.com/labstack/echo/v5"
	echoV4Path  = "github.com/labstack/echo/v4"
	ginPath     = "github.com/gin-gonic/gin"
	grpcPath    = "google.golang.org/grpc"
	connectPath = "connectrpc.com/connect"
	cairnPath   = "cairncx.dev/cairn/touchpoint"
)

// routerTypes are the types of routers, by package and name.
var routerTypes = map[[2]string]Framework{
	{"net/http", "ServeMux"}:       NetHTTP,
	{chiPath, "Mux"}:               Chi,
	{chiPath, "Router"}:            Chi,
	{echoPath, "Echo"}:             Echo,
	{echoPath, "Group"}:            Echo,
	{echoV4Path, "Echo"}:           EchoV4,
	{echoV4Path, "Group"}:          EchoV4,
	{ginPath, "Engine"}:            Gin,
	{ginPath, "RouterGroup"}:       Gin,
	{ginPath, "IRouter"}:           Gin,
	{ginPath, "IRoutes"}:           Gin,
	{grpcPath, "Server"}:           GRPC,
	{grpcPath, "ServiceRegistrar"}: GRPC,
}

// routerType returns the framework of a router's type.
func routerType(t types.Type) (Framework, bool) {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return 0, false
	}
	fw, ok := routerTypes[[2]string{pathOf(n.Obj().Pkg()), n.Obj().Name()}]
	return fw, ok
}

// model evaluates a call of a function that the finder knows.
func (c *call) model() (value, bool) {
	obj := c.fn.obj
	if recv := obj.Signature().Recv(); recv != nil {
		if fw, ok := routerType(recv.Type()); ok {
			return c.method(fw), true
		}
		if r := c.fn.recv.of(routerAtom); len(r) > 0 && c.f.decls[obj] == nil && types.IsInterface(recv.Type()) {
			return c.method(r[0].router.framework), true // an interface that the module has declared
		}
		return nil, false
	}
	switch p := pathOf(obj.Pkg()); p {
	case "net/http":
		return c.httpFunc()
	case chiPath, echoPath, echoV4Path, ginPath:
		return c.newRouter()
	case grpcPath:
		if obj.Name() == "NewServer" {
			v := c.f.newRoot(GRPC, c.e.Pos(), c.at)
			v[0].router.wrapped = v[0].router.wrapped || c.mentions(c.e, cairnPath+"/cxgrpc")
			return v, true
		}
	case "google.golang.org/grpc/reflection":
		if strings.HasPrefix(obj.Name(), "Register") {
			c.reflection()
			return nil, true
		}
	case cairnPath:
		if obj.Name() == "Handler" {
			for _, a := range c.arg(0).of(routerAtom) {
				a.router.wrapped = true
			}
			return c.arg(0), true
		}
	case "strings", "path", "fmt":
		return c.textFunc(p)
	}
	if isConnectHandler(obj) {
		return c.connectHandler(), true
	}
	if isRegisterServer(obj) {
		c.registerServer()
		return nil, true
	}
	return nil, false
}

// newRouter evaluates the constructors of routers.
func (c *call) newRouter() (value, bool) {
	sig := c.fn.obj.Signature()
	if sig.Results().Len() != 1 {
		return nil, false
	}
	fw, ok := routerType(sig.Results().At(0).Type())
	if !ok {
		return nil, false
	}
	switch c.fn.obj.Name() {
	case "New", "NewRouter", "NewMux", "Default", "NewWithConfig":
		return c.f.newRoot(fw, c.e.Pos(), c.at), true
	}
	return nil, false
}

// routers returns the routers that the method is called on. If none is known, it is the one of the variable or the field.
func (c *call) routers(fw Framework) value {
	if r := c.fn.recv.of(routerAtom); len(r) > 0 {
		return r
	}
	if sel, ok := ast.Unparen(c.e.Fun).(*ast.SelectorExpr); ok {
		if o := baseObject(c.pkg.TypesInfo, sel.X); o != nil {
			return c.f.givenRoot(fw, o)
		}
	}
	c.f.gap(c.e.Pos(), "which router %s is called on could not be followed: add its routes by hand", c.called())
	return nil
}

// baseObject returns the variable, the field or the function that gives the expression its value.
func baseObject(info *types.Info, e ast.Expr) types.Object {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return info.ObjectOf(e)
	case *ast.SelectorExpr:
		return info.ObjectOf(e.Sel)
	case *ast.CallExpr:
		return baseObject(info, e.Fun)
	case *ast.StarExpr:
		return baseObject(info, e.X)
	case *ast.IndexExpr:
		return baseObject(info, e.X)
	case *ast.TypeAssertExpr:
		return baseObject(info, e.X)
	}
	return nil
}

// method evaluates a method of a router.
func (c *call) method(fw Framework) value {
	switch fw {
	case NetHTTP:
		return c.muxMethod()
	case Chi:
		return c.chiMethod()
	case Echo, EchoV4:
		return c.echoMethod(fw)
	case Gin:
		return c.ginMethod()
	case GRPC:
		if c.fn.obj.Name() == "RegisterService" {
			c.registerService(c.routers(GRPC))
		}
	default: // Connect has no router
	}
	return nil
}

// route is a registration that a call makes.
type route struct {
	methods []string // "" is every method
	pattern value
	at      int // the index of the pattern among the arguments
	handler int // the index of the handler, or -1
	files   bool
}

// register adds the route to each of the routers.
func (c *call) register(routers value, r route) {
	c.f.made++
	texts := r.pattern.of(textAtom)
	if len(texts) == 0 {
		what := shortExpr(c.expr(r.at))
		if what != "" {
			what += " "
		}
		c.f.gap(c.argPos(r.at), "the pattern %sof %s is no constant that could be evaluated: add its routes by hand", what, c.called())
		return
	}
	var h value
	handler := ""
	if r.handler >= 0 {
		h, handler = c.arg(r.handler), shortExpr(c.expr(r.handler))
	}
	for _, group := range routers {
		to := group.router
		for k := range texts {
			pattern := joined(to.framework, group.text, texts[k].text)
			for _, m := range r.methods {
				g := &reg{
					method: m, pattern: pattern, open: texts[k].open || group.open, pos: texts[k].pos, call: c.e.Pos(), handler: handler,
					root:  to.framework == Chi && texts[k].text == "/" && group.text != "",
					files: r.files || len(h.of(filesAtom)) > 0, connect: len(h.of(connectAtom)) > 0,
				}
				if sub := h.of(routerAtom); len(sub) > 0 && sub[0].router != to {
					g.to = sub[0].router
				}
				to.add(g)
			}
		}
	}
}

// add adds a registration, unless the router has it.
func (r *root) add(g *reg) {
	for _, o := range r.regs {
		if o.method == g.method && o.pattern == g.pattern && o.call == g.call && o.to == g.to {
			return
		}
	}
	r.regs = append(r.regs, g)
}

// joined returns the pattern behind the prefix of a group.
func joined(fw Framework, prefix, pattern string) string {
	switch fw {
	case Chi:
		return strings.TrimSuffix(strings.TrimSuffix(prefix, "*"), "/") + pattern
	case Gin:
		if prefix == "" {
			prefix = "/"
		}
		if pattern == "" {
			return prefix
		}
		full := path.Join(prefix, pattern)
		if strings.HasSuffix(pattern, "/") && !strings.HasSuffix(full, "/") {
			full += "/"
		}
		return full
	default:
		return prefix + pattern
	}
}

// grouped returns the routers with the prefix of a group.
func (c *call) grouped(routers, prefix value) value {
	texts := prefix.of(textAtom)
	if len(texts) == 0 {
		c.f.gap(c.argPos(0), "the prefix %s of %s is no constant that could be evaluated: the patterns of its routes lack it", shortExpr(c.expr(0)), c.called())
		texts = openText(c.argPos(0))
	}
	var out value
	for i := range routers {
		for k := range texts {
			if len(routers[i].text)+len(texts[k].text) > maxText || len(out) == mostAtoms {
				return out
			}
			a := routers[i]
			a.text, a.open = joined(a.router.framework, a.text, texts[k].text), a.open || texts[k].open
			out = append(out, a)
		}
	}
	return out
}

// hand calls the functions with the routers, and returns the routers.
func (c *call) hand(fn, routers value) value {
	for _, a := range fn.of(funcAtom) {
		sub := &call{frame: c.frame, e: c.e, fn: a.fn, args: []value{routers}, at: mix(c.at, c.e.Lparen)}
		sub.apply()
	}
	return routers
}

// mentions reports whether the expression uses the package at the path, or one below it.
func (fr *frame) mentions(e ast.Node, pkg string) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if p, ok := fr.pkg.TypesInfo.Uses[id].(*types.PkgName); ok {
				path := pathOf(p.Imported())
				found = found || isBelow(path, pkg)
			}
		}
		return !found
	})
	return found
}

// uses notes that a middleware of Cairn is on the routers.
func (c *call) uses(routers value) {
	if c.mentions(c.e, cairnPath) {
		for i := range routers {
			routers[i].router.wrapped = true
		}
	}
}
