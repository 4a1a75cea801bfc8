// Package golden holds formats of private state to what they have written before, in tests.
package golden

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private"
)

var update = flag.Bool("update", false, "write the golden files of the formats' own versions; only before a version is released")

// Check compares a format with the files of all its versions from 1 on, testdata/<name>-v<version>.json: its
// own is what it writes of a value with every field filled in, and each former one is still read and loses
// nothing. A field or tag that changes without a new version fails the test.
func Check[T any](t *testing.T, name string, format private.Format[T]) {
	t.Helper()
	for _, problem := range Problems("testdata", name, format, *update) {
		t.Error(problem)
	}
}

// Problems is what [Check] finds of the files in a folder.
func Problems[T any](folder, name string, format private.Format[T], update bool) (found []string) {
	complain := func(words string, args ...any) { found = append(found, fmt.Sprintf(name+": "+words, args...)) }
	for _, at := range untagged(reflect.TypeFor[T](), name, map[reflect.Type]bool{}) {
		complain("%s has no tag: its name in Go would be its name in the format", at)
	}
	filled := reflect.New(reflect.TypeFor[T]()).Elem()
	if err := fill(filled, name); err != nil {
		return append(found, err.Error())
	}
	value, _ := filled.Interface().(T) // it is of the type
	writes, err := format.Encode(value)
	if err != nil {
		return append(found, err.Error())
	}
	own := file(folder, name, format.Version)
	if update {
		if err := write(own, writes); err != nil {
			return append(found, err.Error())
		}
	}
	if format.Version < 1 {
		complain("a format has a version of 1 or more")
	}
	for version := 1; version <= format.Version; version++ {
		raw, err := os.ReadFile(file(folder, name, version))
		if err != nil {
			complain("%v. Write it with -update", err)
			continue
		}
		read, err := format.Decode(raw)
		switch {
		case err != nil:
			complain("version %d is not read any more: %v", version, err)
		case version == format.Version && !equal(raw, writes):
			complain("version %d writes\n%s\nand %s holds\n%s\nWhat is written has changed: count the version up and write a file for it with -update. A version that is released stays as it is.", version, writes, own, raw)
		case version == format.Version && !reflect.DeepEqual(read, value):
			complain("what version %d writes is read as something else: %+v, want %+v", version, read, value)
		case version < format.Version && !kept(raw, read):
			complain("version %d is read, but not all of it", version)
		}
	}
	return found
}

func file(folder, name string, version int) string {
	return filepath.Join(folder, fmt.Sprintf("%s-v%d.json", name, version))
}

func write(path string, raw []byte) error {
	var object map[string]any
	if err := json.Unmarshal(raw, &object); err != nil {
		return err
	}
	text, err := json.MarshalIndent(object, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o600)
}

func equal(a, b []byte) bool { return reflect.DeepEqual(object(a), object(b)) }

func object(raw []byte) (value map[string]any) {
	_ = json.Unmarshal(raw, &value) // what is none is equal to none
	return value
}

// kept tells whether a value still has all that was written of it.
func kept(raw []byte, value any) bool {
	again, err := json.Marshal(value)
	if err != nil {
		return false
	}
	before := object(raw)
	delete(before, "version")
	return within(before, object(again))
}

func within(part, whole any) bool {
	switch part := part.(type) {
	case map[string]any:
		all, ok := whole.(map[string]any)
		for key, value := range part {
			ok = ok && within(value, all[key])
		}
		return ok
	case []any:
		all, ok := whole.([]any)
		ok = ok && len(part) == len(all)
		for i := range part {
			ok = ok && within(part[i], all[i])
		}
		return ok
	default:
		return part == whole
	}
}

// untagged finds fields, however deep, whose name in the format hangs on their name in Go.
func untagged(of reflect.Type, at string, seen map[reflect.Type]bool) (found []string) {
	if seen[of] || of == reflect.TypeFor[time.Time]() {
		return nil
	}
	seen[of] = true
	switch of.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Array:
		return untagged(of.Elem(), at, seen)
	case reflect.Struct:
		for i := range of.NumField() {
			field := of.Field(i)
			tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			switch {
			case tag == "-":
				continue
			case tag == "" && !field.Anonymous:
				found = append(found, at+"."+field.Name)
			}
			found = append(found, untagged(field.Type, at+"."+field.Name, seen)...)
		}
	default:
	}
	return found
}

// fill gives every field, however deep, a value of its own that is not left out. It hangs on the tags alone:
// the order of the fields is free. A type that it does not know is an error that says where.
func fill(v reflect.Value, at string) error {
	number := int64(crc32.ChecksumIEEE([]byte(at)))
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(number, 0).UTC()))
		return nil
	}
	switch v.Kind() {
	case reflect.Struct:
		var all error
		for i := range v.NumField() {
			if tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ","); tag != "-" {
				all = errors.Join(all, fill(v.Field(i), at+"."+tag))
			}
		}
		return all
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fill(v.Elem(), at)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		return fill(v.Index(0), at)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		err := errors.Join(fill(key, at+" key"), fill(value, at))
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
		return err
	case reflect.String:
		v.SetString(at)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int64:
		v.SetInt(number)
	case reflect.Uint8:
		v.SetUint(uint64(number % 256)) //nolint:gosec // it fits
	default:
		return fmt.Errorf("%s is a %s, which no golden file can hold yet: teach fill to give one a value", at, v.Type())
	}
	return nil
}
