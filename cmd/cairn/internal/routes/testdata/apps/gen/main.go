// Command gen makes package grpc_testingconnect: the handlers of Connect for gRPC's own test services. Run it in the folder of the module.
//
//	go run ./gen
package main

import (
	"bytes"
	"context"
	"log"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/pluginpb"
)

func main() {
	request := &pluginpb.CodeGeneratorRequest{FileToGenerate: []string{grpc_testing.File_grpc_testing_test_proto.Path()}}
	add(request, grpc_testing.File_grpc_testing_test_proto, map[string]bool{})
	parameters := make([]string, 0, len(request.GetProtoFile()))
	for _, f := range request.GetProtoFile() { // the files do not say which package of Go has them
		parameters = append(parameters, "M"+f.GetName()+"=google.golang.org/grpc/interop/grpc_testing")
	}
	request.Parameter = proto.String(strings.Join(parameters, ","))
	in, err := proto.Marshal(request)
	if err != nil {
		log.Fatal(err)
	}
	plugin := exec.CommandContext(context.Background(), "go", "run", "connectrpc.com/connect/cmd/protoc-gen-connect-go")
	plugin.Stdin, plugin.Stderr = bytes.NewReader(in), os.Stderr
	out, err := plugin.Output()
	if err != nil {
		log.Fatal(err)
	}
	response := &pluginpb.CodeGeneratorResponse{}
	if err := proto.Unmarshal(out, response); err != nil {
		log.Fatal(err)
	}
	for _, f := range response.GetFile() {
		dir := path.Base(path.Dir(f.GetName()))
		if err := os.MkdirAll(dir, 0o750); err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path.Base(f.GetName())), []byte(f.GetContent()), 0o600); err != nil {
			log.Fatal(err)
		}
	}
}

// add adds the file behind those that it imports.
func add(request *pluginpb.CodeGeneratorRequest, file protoreflect.FileDescriptor, seen map[string]bool) {
	if seen[file.Path()] {
		return
	}
	seen[file.Path()] = true
	for i := range file.Imports().Len() {
		add(request, file.Imports().Get(i).FileDescriptor, seen)
	}
	request.ProtoFile = append(request.ProtoFile, protodesc.ToFileDescriptorProto(file))
}
