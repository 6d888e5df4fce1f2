package office

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"commusafe/internal/config"
)

// FirstLoginFile is where the first administrator's password is written, once.
func FirstLoginFile(cfg config.Config) string {
	return filepath.Join(cfg.DataDir, "keys", "first-login.txt")
}

// firstStart adds an administrator when nobody works here yet, and writes the password to a file for the owner only.
func (p *parts) firstStart(ctx context.Context) error {
	login, password, err := p.staff.FirstStart(ctx)
	if err != nil || password == "" {
		return err
	}
	path := FirstLoginFile(p.cfg)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("first log-in: %w", err)
	}
	text := fmt.Sprintf("http://%s\nログイン名 / log-in name: %s\nパスワード / password: %s\n\n最初のログインのあとにパスワードを変更し、このファイルを消してください。\nChange the password after the first log-in, then delete this file.\n", p.cfg.Office.Listen, login, password)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("first log-in: %w", err)
	}
	p.log.Info("first administrator added; the password is in keys/first-login.txt below data_dir")
	return nil
}
