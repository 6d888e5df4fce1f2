package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// environment puts COMMUSAFE_DATA_DIR, COMMUSAFE_OFFICE_LISTEN and so on over the file. Lists of texts are separated
// by commas. A name that is no key is an error; COMMUSAFE_SHARED and COMMUSAFE_CONFIG belong to tools.
func (c *Config) environment(env []string) error {
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		key, ours := strings.CutPrefix(name, "COMMUSAFE_")
		if !ours || key == "SHARED" || key == "CONFIG" || strings.HasPrefix(key, "TEST_") {
			continue
		}
		if err := set(reflect.ValueOf(c).Elem(), strings.ToLower(key), value); err != nil {
			return fmt.Errorf("environment %s: %w", name, err)
		}
	}
	return nil
}

func set(v reflect.Value, key, value string) error {
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag.Get("yaml")
		f := v.Field(i)
		if f.Kind() == reflect.Struct {
			if rest, ok := strings.CutPrefix(key, tag+"_"); ok {
				return set(f, rest, value)
			}
		} else if tag == key {
			return assign(f, value)
		}
	}
	return fmt.Errorf("is not a key of the configuration")
}

func assign(f reflect.Value, value string) error {
	switch f.Kind() {
	case reflect.String:
		f.SetString(value)
	case reflect.Int:
		n, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("%q is not a number", value)
		}
		f.SetInt(int64(n))
	case reflect.Bool:
		b, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", value)
		}
		f.SetBool(b)
	case reflect.Slice:
		if f.Type().Elem().Kind() != reflect.String {
			return fmt.Errorf("can only be set in the file")
		}
		f.Set(reflect.ValueOf(strings.Split(value, ",")))
	default:
		return fmt.Errorf("can only be set in the file")
	}
	return nil
}
