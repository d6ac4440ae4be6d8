package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.schema.Transaction;
import io.vigil.schema.vault.Kind;
import io.vigil.schema.vault.LocalKeyService;
import io.vigil.schema.vault.TransactionSeal;
import io.vigil.schema.vault.Vault;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.Map;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VaultCommandTest {
  private final Path directory;
  private final Path vault;
  private final Path json;
  private final Path transactions;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private String anna = "";

  VaultCommandTest(@TempDir Path directory) {
    this.directory = directory;
    this.vault = directory.resolve("vault");
    this.json = directory.resolve("result.json");
    this.transactions = directory.resolve("transactions.avro");
  }

  @BeforeEach
  void twoPeopleShareAPhone() throws IOException {
    try (Vault opened =
            Vault.open(
                vault, LocalKeyService.load(Map.of(), vault, notice -> {}), Clock.systemUTC());
        DataFileWriter<Transaction> file =
            new DataFileWriter<Transaction>(new SpecificDatumWriter<>(Transaction.class))
                .create(Transaction.getClassSchema(), transactions.toFile())) {
      TransactionSeal seal = new TransactionSeal(opened);
      for (String account : new String[] {"anna", "bert"}) {
        Transaction transaction =
            Transaction.newBuilder()
                .setTransactionId("t-" + account)
                .setEventTime(1)
                .setAccount(account)
                .setDevice("phone")
                .setCounterparty(account.equals("anna") ? "bert" : null)
                .setCardReference("card of " + account)
                .setAmountMinor(2)
                .setCurrency("EUR")
                .setBillingAmountMinor(2)
                .setBillingCurrency("EUR")
                .build();
        seal.seal(transaction, Map.of("email", account + "@example.org"));
        file.append(transaction);
      }
      opened.commit();
      anna = opened.find("anna").orElseThrow();
    }
  }

  @Test
  void revealsATransactionAndAPseudonymAndKeepsThatInTheJournal() throws IOException {
    assertThat(vault("reveal", "--file=" + transactions, "--transaction=t-anna,t-bert"))
        .as(err.toString())
        .isZero();

    JsonNode first = json().path("transactions").get(0);
    assertThat(first.path("account").asText()).isEqualTo("anna");
    assertThat(first.path("counterparty").asText()).isEqualTo("bert");
    assertThat(first.path("device").asText()).isEqualTo("phone");
    assertThat(first.path("card_reference").asText()).isEqualTo("card of anna");
    assertThat(first.path("attributes").path("email").asText()).isEqualTo("anna@example.org");
    assertThat(json().path("transactions")).hasSize(2);
    assertThat(vault("reveal", "--pseudonym=" + anna, "--by=eva")).isZero();
    assertThat(json().path("account").asText()).isEqualTo("anna");
    assertThat(vault("journal")).isZero();
    assertThat(json()).hasSize(4);
    assertThat(json().get(3).path("what").asText()).isEqualTo("revealed");
    assertThat(json().get(3).path("by").asText()).isEqualTo("eva");
    assertThat(vault("reveal", "--file=" + transactions, "--transaction=t-carl")).isEqualTo(1);
    assertThat(err.toString()).contains("expected ids of").contains("t-carl");
  }

  @Test
  void erasesUnlessHeldAndSaysWhatIsGoneAndWhatReplays() throws IOException {
    assertThat(vault("hold", "--account=anna", "--reason=court order 7")).isZero();
    assertThat(json().path("what").asText()).isEqualTo("held");
    assertThat(vault("erase", "--account=anna", "--reason=request 1")).isEqualTo(1);
    assertThat(err.toString())
        .contains("vigil vault erase: subject " + anna + " is held: court order 7");
    assertThat(vault("show", "--account=anna")).isZero();
    assertThat(json().path("state").asText()).isEqualTo("held");
    assertThat(json().path("journal")).hasSize(1);
    assertThat(vault("release", "--pseudonym=" + anna, "--reason=closed")).isZero();

    assertThat(vault("erase", "--account=anna", "--reason=request 1", "--by=eva")).isZero();

    JsonNode erased = json();
    assertThat(erased.path("pseudonym").asText()).isEqualTo(anna);
    assertThat(erased.path("by").asText()).isEqualTo("eva");
    assertThat(erased.path("reason").asText()).isEqualTo("request 1");
    assertThat(erased.path("tokens_destroyed").asInt()).isZero();
    assertThat(erased.path("tokens_kept").asInt()).isEqualTo(1);
    assertThat(erased.path("unreadable").size()).isPositive();
    assertThat(erased.path("replays").size()).isPositive();
    assertThat(vault("list", "--state=erased")).isZero();
    assertThat(json().path("list").get(0).path("pseudonym").asText()).isEqualTo(anna);
    assertThat(vault("show", "--device=phone")).isZero();
    assertThat(json().path("pseudonym").asText()).hasSize(24);
    assertThat(vault("show", "--account=anna")).isEqualTo(1);
    assertThat(err.toString()).contains("--account: expected one of the vault");
    assertThat(vault("reveal", "--file=" + transactions, "--transaction=t-anna")).isEqualTo(1);
    assertThat(err.toString()).contains(anna + " was erased at").contains("request 1");
    assertThat(vault("reveal", "--file=" + transactions, "--transaction=t-bert")).isZero();
  }

  @Test
  void aCustomerIsErasedBesideTheAccounts() throws IOException {
    String pseudonym;
    try (Vault opened =
        Vault.open(vault, LocalKeyService.load(Map.of(), vault, notice -> {}), Clock.systemUTC())) {
      pseudonym = opened.customer("k-1");
      opened.commit();
    }
    assertThat(vault("reveal", "--pseudonym=" + pseudonym)).as(err.toString()).isZero();
    assertThat(json().path("account").asText()).isEqualTo("k-1");
    assertThat(vault("show", "--account=k-1")).isEqualTo(1);
    assertThat(vault("show", "--customer=k-1")).isZero();
    assertThat(json().path("pseudonym").asText()).isEqualTo(pseudonym);

    assertThat(vault("erase", "--customer=k-1", "--reason=request 1")).isZero();

    assertThat(vault("show", "--customer=k-1")).isEqualTo(1);
    assertThat(err.toString()).contains("--customer: expected one of the vault");
  }

  @Test
  void wrongUsageAndMissingVaultsAreTold() {
    assertThat(execute("vault")).isEqualTo(2);
    assertThat(vault("erase", "--account=anna")).isEqualTo(2);
    assertThat(vault("erase", "--account=a", "--pseudonym=b", "--reason=c")).isEqualTo(2);
    assertThat(vault("reveal")).isEqualTo(2);
    assertThat(vault("reveal", "--pseudonym=b", "--transaction=c", "--file=d")).isEqualTo(2);
    Path none = directory.resolve("none");
    assertThat(execute("vault", "list", "--vault=" + none)).isEqualTo(1);
    assertThat(err.toString()).contains("expected the directory of a vault");
    assertThat(none).doesNotExist();
  }

  @Test
  void withoutItsKeyAVaultStaysShut() throws IOException {
    Files.writeString(directory.resolve("vault.key"), "00".repeat(32));

    assertThat(vault("list")).isEqualTo(1);
    assertThat(err.toString()).contains("expected the key local:");
    Files.delete(directory.resolve("vault.key"));
    assertThat(vault("list")).isEqualTo(1);
    assertThat(err.toString()).contains("VIGIL_VAULT_KEY");
    assertThat(directory.resolve("vault.key")).doesNotExist();
  }

  @Test
  void anotherKeyOpensTheVaultAfterRewrapping() throws IOException {
    byte[] before = Files.readAllBytes(vault.resolve("entries"));
    String root = Files.readString(vault.resolve("root")).lines().toList().get(2);
    Path next = Files.writeString(directory.resolve("next.key"), "ab".repeat(32));

    assertThat(vault("rewrap", "--key-file=" + next, "--by=eva")).as(err.toString()).isZero();

    assertThat(Files.readString(vault.resolve("root"))).doesNotContain(root);
    assertThat(vault("list")).isEqualTo(1);
    assertThat(err.toString()).contains("expected the key local:");
    Files.copy(next, directory.resolve("vault.key"), StandardCopyOption.REPLACE_EXISTING);
    assertThat(vault("reveal", "--pseudonym=" + anna)).isZero();
    assertThat(json().path("account").asText()).isEqualTo("anna");
    assertThat(Files.readAllBytes(vault.resolve("entries"))).isEqualTo(before);
    assertThat(vault("journal")).isZero();
    assertThat(json().get(0).path("what").asText()).isEqualTo("rewrapped");
    assertThat(vault("rewrap", "--key-file=" + directory.resolve("none"))).isEqualTo(1);
  }

  @Test
  void onlyTheFirstKindOfTokenIsLookedUp() throws IOException {
    try (Vault opened =
        Vault.open(vault, LocalKeyService.load(Map.of(), vault, notice -> {}), Clock.systemUTC())) {
      assertThat(opened.find(Kind.CARD, "phone")).isEmpty();
    }
    assertThat(vault("show", "--card=phone")).isEqualTo(1);
    assertThat(err.toString()).contains("--card: expected one of the vault");
  }

  private JsonNode json() throws IOException {
    return new ObjectMapper().readTree(json.toFile());
  }

  private int vault(String command, String... args) {
    String[] all = new String[args.length + 4];
    all[0] = "vault";
    all[1] = command;
    all[2] = "--vault=" + vault;
    all[3] = "--json=" + json;
    System.arraycopy(args, 0, all, 4, args.length);
    return execute(all);
  }

  private int execute(String... args) {
    return Vigil.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }
}
