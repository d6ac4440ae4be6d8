package io.vigil.cli;

import io.vigil.model.approval.EnrolledKey;
import io.vigil.model.approval.Keyring;
import io.vigil.model.approval.Person;
import io.vigil.model.approval.Role;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil keys list}: who may sign, and until when. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = "Shows a keyring: persons, roles, keys, and which of them still sign.")
final class ListKeys implements Callable<Integer> {

  @Mixin private Console console = new Console();

  @Option(names = "--keyring", required = true, paramLabel = "FILE", description = "The keyring.")
  private Path file = Path.of("");

  @Override
  public Integer call() {
    Keyring keyring = KeysCommand.keyring(file);
    console.out().println("keyring  %s for %s".formatted(keyring.digest(), keyring.scope()));
    List<Map<String, Object>> keys = new ArrayList<>();
    for (Person person : keyring.persons()) {
      List<String> roles = person.roles().stream().map(Role::id).toList();
      console.out().println("%s: %s".formatted(person.name(), String.join(", ", roles)));
      for (EnrolledKey key : person.keys()) {
        String state = state(person, key);
        console.out().println("  %s  until %s  %s".formatted(key.id(), key.expires(), state));
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("id", key.id());
        json.put("name", person.name());
        json.put("roles", roles);
        json.put("expires", key.expires().toString());
        json.put("state", state);
        keys.add(json);
      }
    }
    console.out().flush();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("scope", keyring.scope());
    json.put("keyring_sha256", keyring.digest());
    json.put("keys", keys);
    console.writeJson(json);
    return 0;
  }

  private static String state(Person person, EnrolledKey key) {
    if (person.revoked() || key.revoked()) {
      return "revoked";
    }
    return key.expires().isAfter(LocalDate.now(ZoneOffset.UTC)) ? "signs" : "expired";
  }
}
