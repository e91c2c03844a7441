package routes

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// isRegisterServer reports whether the function is a generated one that registers a service of gRPC: RegisterXServer(registrar, server).
func isRegisterServer(o *types.Func) bool {
	sig := o.Signature()
	if sig.Recv() != nil || sig.Params().Len() != 2 || !strings.HasPrefix(o.Name(), "Register") || !strings.HasSuffix(o.Name(), "Server") {
		return false
	}
	fw, ok := routerType(sig.Params().At(0).Type())
	return ok && fw == GRPC && descOf(o) != nil
}

// descOf returns the grpc.ServiceDesc of the generated function, or nil.
func descOf(o *types.Func) *types.Var {
	name := strings.TrimSuffix(strings.TrimPrefix(o.Name(), "Register"), "Server")
	for _, n := range []string{name + "_ServiceDesc", "_" + name + "_serviceDesc"} {
		if v, ok := o.Pkg().Scope().Lookup(n).(*types.Var); ok {
			return v
		}
	}
	return nil
}

// registerServer evaluates the generated function.
func (c *call) registerServer() {
	servers := c.arg(0).of(routerAtom)
	if len(servers) == 0 {
		if o := baseObject(c.pkg.TypesInfo, c.expr(0)); o != nil {
			servers = c.f.givenRoot(GRPC, o)
		}
	}
	c.addService(servers, descOf(c.fn.obj))
}

// registerService evaluates RegisterService of a server.
func (c *call) registerService(servers value) {
	for _, a := range c.arg(0).of(varAtom) {
		if v, ok := a.object.(*types.Var); ok {
			c.addService(servers, v)
			return
		}
	}
	if e := c.expr(0); e != nil {
		if u, ok := ast.Unparen(e).(*ast.UnaryExpr); ok {
			e = u.X
		}
		if v := usedVar(c.pkg.TypesInfo, e); v != nil {
			c.addService(servers, v)
			return
		}
	}
	c.f.gap(c.e.Pos(), "the description %s of a service could not be followed: add its methods by hand", shortExpr(c.expr(0)))
}

// reflection evaluates the registration of server reflection.
func (c *call) reflection() {
	for _, version := range []string{"v1", "v1alpha"} {
		if version == "v1alpha" && c.fn.obj.Name() == "RegisterV1" {
			break
		}
		s := &service{pos: c.e.Pos(), Service: Service{
			Framework: GRPC, Name: "grpc.reflection." + version + ".ServerReflection", Methods: []Method{{"ServerReflectionInfo", true}},
		}}
		for _, a := range c.arg(0).of(routerAtom) {
			a.router.serve(s)
		}
	}
}

// serve adds a service, unless the server has it.
func (r *root) serve(s *service) {
	if !slices.ContainsFunc(r.services, func(o *service) bool { return o.Name == s.Name }) {
		r.services = append(r.services, s)
	}
}

// addService adds the service that the variable describes.
func (c *call) addService(servers value, desc *types.Var) {
	if len(servers) == 0 || desc == nil {
		c.f.gap(c.e.Pos(), "the server that %s registers at could not be followed: add its methods by hand", c.called())
		return
	}
	s := &service{pos: c.e.Pos(), Service: Service{Framework: GRPC}}
	if c.f.readDesc(desc, &s.Service); s.Name == "" {
		c.f.gap(c.e.Pos(), "the description %s.%s of a service could not be read: add its methods by hand", desc.Pkg().Path(), desc.Name())
		return
	}
	for i := range servers {
		servers[i].router.serve(s)
	}
}

// readDesc reads a grpc.ServiceDesc from the source of its package.
func (f *finder) readDesc(desc *types.Var, s *Service) {
	p := f.all[desc.Pkg().Path()]
	if p == nil {
		return
	}
	text := func(e ast.Expr) string {
		if p.TypesInfo != nil {
			if tv := p.TypesInfo.Types[e]; tv.Value != nil && tv.Value.Kind() == constant.String {
				return constant.StringVal(tv.Value)
			}
		}
		if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
			t, _ := strconv.Unquote(l.Value)
			return t
		}
		return ""
	}
	for _, file := range p.Syntax {
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok && len(v.Names) == 1 && v.Names[0].Name == desc.Name() && len(v.Values) == 1 {
					readDescLit(v.Values[0], text, s)
				}
			}
		}
	}
}

// readDescLit reads the literal of a grpc.ServiceDesc.
func readDescLit(e ast.Expr, text func(ast.Expr) string, s *Service) {
	for key, v := range keyed(e) {
		switch key {
		case "ServiceName":
			s.Name = text(v)
		case "Methods", "Streams":
			lit, ok := v.(*ast.CompositeLit)
			if !ok {
				continue
			}
			for _, elem := range lit.Elts {
				fields := keyed(elem)
				if name := fields["MethodName"]; name != nil {
					s.Methods = append(s.Methods, Method{Name: text(name)})
				}
				if name := fields["StreamName"]; name != nil {
					s.Methods = append(s.Methods, Method{Name: text(name), Streams: true})
				}
			}
		}
	}
	slices.SortFunc(s.Methods, func(a, b Method) int { return strings.Compare(a.Name, b.Name) })
}

// keyed returns the fields of a literal of a struct.
func keyed(e ast.Expr) map[string]ast.Expr {
	lit, ok := e.(*ast.CompositeLit)
	if !ok {
		return nil
	}
	m := map[string]ast.Expr{}
	for _, elem := range lit.Elts {
		if kv, ok := elem.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok {
				m[id.Name] = kv.Value
			}
		}
	}
	return m
}

// isConnectHandler reports whether the function is a generated one that makes a handler of Connect: NewXHandler(svc, …) (path, handler).
func isConnectHandler(o *types.Func) bool {
	sig := o.Signature()
	if sig.Recv() != nil || !sig.Variadic() || sig.Results().Len() != 2 || !strings.HasPrefix(o.Name(), "New") || !strings.HasSuffix(o.Name(), "Handler") {
		return false
	}
	last, ok := sig.Params().At(sig.Params().Len() - 1).Type().(*types.Slice)
	if !ok {
		return false
	}
	n, ok := types.Unalias(last.Elem()).(*types.Named)
	return ok && n.Obj().Name() == "HandlerOption" && pathOf(n.Obj().Pkg()) == connectPath && isHTTPHandler(sig.Results().At(1).Type())
}

// connectHandler evaluates the generated function.
func (c *call) connectHandler() value {
	o := c.fn.obj
	base := strings.TrimSuffix(strings.TrimPrefix(o.Name(), "New"), "Handler")
	scope := o.Pkg().Scope()
	name := constText(scope.Lookup(base + "Name"))
	if name == "" {
		c.f.gap(c.e.Pos(), "the name of the service of %s could not be read: add its methods by hand", c.called())
		return nil
	}
	key := name + " " + strconv.Itoa(int(c.e.Pos()))
	s := c.f.services[key]
	if s == nil {
		s = &service{pos: c.e.Pos(), Service: Service{Framework: Connect, Name: name, Handler: c.called()}}
		streams := streamsOf(scope.Lookup(base + "Handler"))
		for _, n := range scope.Names() {
			if m, ok := strings.CutPrefix(constText(scope.Lookup(n)), "/"+name+"/"); ok && strings.HasSuffix(n, "Procedure") {
				s.Methods = append(s.Methods, Method{m, streams[m]})
			}
		}
		slices.SortFunc(s.Methods, func(a, b Method) int { return strings.Compare(a.Name, b.Name) })
		c.f.services[key] = s
	}
	if c.mentions(c.e, cairnPath+"/cxconnect") {
		s.Wrapped = true
	}
	handler := value{{kind: connectAtom, service: s}}
	return value{{kind: tupleAtom, elems: []value{textValue("/"+name+"/", c.e.Pos()), handler}}}
}

func constText(o types.Object) string {
	if k, ok := o.(*types.Const); ok && k.Val().Kind() == constant.String {
		return constant.StringVal(k.Val())
	}
	return ""
}

// streamsOf returns the methods of a handler's interface that are streams.
func streamsOf(o types.Object) map[string]bool {
	list := map[string]bool{}
	if o == nil {
		return list
	}
	iface, ok := o.Type().Underlying().(*types.Interface)
	if !ok {
		return list
	}
	for m := range iface.Methods() {
		for v := range m.Signature().Params().Variables() {
			t := v.Type()
			if p, ok := t.(*types.Pointer); ok {
				t = p.Elem()
			}
			if n, ok := types.Unalias(t).(*types.Named); ok && pathOf(n.Obj().Pkg()) == connectPath && strings.HasSuffix(n.Obj().Name(), "Stream") {
				list[m.Name()] = true
			}
		}
	}
	return list
}
