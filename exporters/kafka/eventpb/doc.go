// Package eventpb encodes events as the protocol buffer message cairn.event.v1.Event. The file proto/cairn/event/v1/event.proto
// of this module describes the message, for readers in any language.
//
// The package has no generated Go code. Generated code would register itself at import, and each event would have to be copied
// into a second struct first. [Append] encodes the event directly, and the tests decode the result with the code that the
// protobuf compiler generates from the .proto file.
package eventpb
