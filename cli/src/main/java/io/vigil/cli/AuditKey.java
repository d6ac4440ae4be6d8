package io.vigil.cli;

import io.vigil.model.approval.SigningKeys;
import io.vigil.model.proof.NoteKey;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The public key of a log: the auditor's own copy, never taken from the archive. */
final class AuditKey {
  @Option(
      names = "--key",
      required = true,
      paramLabel = "FILE",
      description =
          "The log's public key as you were given it: the .vkey of vigil audit keygen, or a PEM with"
              + " --origin.")
  private Path file = Path.of("");

  @Option(
      names = "--origin",
      paramLabel = "NAME",
      description = "The log's name, when --key is a PEM.")
  private @Nullable String origin;

  NoteKey key() {
    String text = KeysCommand.text("--key", file);
    return ModelCommand.checked(
        () -> {
          if (!text.contains("-----")) {
            NoteKey key = NoteKey.parse(text);
            if (origin != null && !origin.equals(key.name())) {
              throw new IllegalArgumentException(
                  "--origin: expected %s, as the key says, got %s".formatted(key.name(), origin));
            }
            return key;
          }
          if (origin == null) {
            throw new IllegalArgumentException("--origin: expected one beside a PEM, got none");
          }
          return new NoteKey(origin, SigningKeys.readPublic(text));
        });
  }
}
