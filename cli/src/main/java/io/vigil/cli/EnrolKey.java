package io.vigil.cli;

import io.vigil.model.approval.Keyring;
import io.vigil.model.approval.Role;
import io.vigil.model.approval.SigningKeys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil keys enrol}: gives a person a key. */
@Command(
    name = "enrol",
    mixinStandardHelpOptions = true,
    description = "Adds a person's public key to a keyring, which is made when it is not there.")
final class EnrolKey implements Callable<Integer> {
  private static final String SCOPE = "local";

  @Mixin private Console console = new Console();

  @Option(names = "--keyring", required = true, paramLabel = "FILE", description = "The keyring.")
  private Path file = Path.of("");

  @Option(
      names = "--name",
      required = true,
      paramLabel = "PERSON",
      description = "Whose key it is; all keys of one person count as one.")
  private String name = "";

  @Option(
      names = "--role",
      paramLabel = "ROLE",
      description = "author, approver or operator; may be repeated, and adds to earlier ones.")
  private List<Role> roles = new ArrayList<>();

  @Option(
      names = "--public",
      required = true,
      paramLabel = "FILE",
      description = "The public key: PEM, or base64 of its bytes.")
  private Path publicFile = Path.of("");

  @Option(
      names = "--expires",
      required = true,
      paramLabel = "DATE",
      description = "From this day on, in UTC, the key signs nothing any more.")
  private LocalDate expires = LocalDate.EPOCH;

  @Option(
      names = "--scope",
      paramLabel = "NAME",
      description =
          "What a new keyring's signatures count for, such as production (default: local).")
  private @Nullable String scope;

  @Override
  public Integer call() {
    if (!expires.isAfter(LocalDate.now(ZoneOffset.UTC))) {
      throw new CliException("--expires: expected a day after today, got " + expires);
    }
    Keyring before = keyring();
    if (scope != null && !scope.equals(before.scope())) {
      throw new CliException(
          "--scope: expected %s, as the keyring has it, got %s".formatted(before.scope(), scope));
    }
    String pem = KeysCommand.text("public key", publicFile);
    Set<Role> given = EnumSet.noneOf(Role.class);
    given.addAll(roles);
    PublicKey key = ModelCommand.checked(() -> SigningKeys.readPublic(pem));
    Keyring after = ModelCommand.checked(() -> before.enrol(name, given, key, expires));
    KeysCommand.replace(file, after.toYaml());
    String id = SigningKeys.id(key);
    console.out().println("enrolled  %s of %s, until %s".formatted(id, name, expires));
    console.out().println("keyring   %s for %s".formatted(after.digest(), after.scope()));
    console.out().flush();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", id);
    json.put("name", name);
    json.put("scope", after.scope());
    json.put("keyring_sha256", after.digest());
    console.writeJson(json);
    return 0;
  }

  private Keyring keyring() {
    if (Files.exists(file)) {
      return KeysCommand.keyring(file);
    }
    return ModelCommand.checked(() -> Keyring.empty(scope == null ? SCOPE : scope));
  }
}
