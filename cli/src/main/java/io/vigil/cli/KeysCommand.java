package io.vigil.cli;

import io.vigil.model.approval.Keyring;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vigil keys}: who may sign what goes in force. */
@Command(
    name = "keys",
    mixinStandardHelpOptions = true,
    description = "Makes signing keys and keeps the keyring.",
    subcommands = {NewKey.class, EnrolKey.class, RevokeKey.class, ListKeys.class})
final class KeysCommand implements Runnable {
  private static final long BYTES_MAX = 1 << 20;

  @Spec private @Nullable CommandSpec command;

  @Override
  public void run() {
    CommandSpec given = command;
    if (given != null) {
      throw new ParameterException(given.commandLine(), "expected new, enrol, revoke or list");
    }
  }

  /** Reads a keyring, or says in one line what is wrong with it. */
  static Keyring keyring(Path file) {
    String yaml = text("keyring", file);
    return ModelCommand.checked(() -> Keyring.read(yaml, file.toString()));
  }

  /** Reads a small file, or says in one line why not. */
  static String text(String what, Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new CliException("%s: expected a file, got %s, which is none".formatted(what, file));
      }
      if (Files.size(file) > BYTES_MAX) {
        throw new CliException(
            "%s: expected a file of at most %d bytes, got %s".formatted(what, BYTES_MAX, file));
      }
      return Files.readString(file);
    } catch (IOException e) {
      throw new CliException(what + " " + file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /** Writes a file in one step: nobody sees half of it. */
  static void replace(Path file, String text) {
    Path draft = file.resolveSibling(".draft-" + UUID.randomUUID());
    try {
      try {
        Files.writeString(draft, text, StandardOpenOption.CREATE_NEW);
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(draft);
      }
    } catch (IOException e) {
      throw new CliException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }
}
