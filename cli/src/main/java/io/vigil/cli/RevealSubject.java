package io.vigil.cli;

import io.vigil.schema.AlertRaised;
import io.vigil.schema.Decision;
import io.vigil.schema.Transaction;
import io.vigil.schema.vault.TransactionSeal;
import io.vigil.schema.vault.Vault;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.specific.SpecificDatumReader;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil vault reveal}: shows who is behind a pseudonym or in a transaction. */
@Command(
    name = "reveal",
    mixinStandardHelpOptions = true,
    description = {
      "Shows the account or customer behind a pseudonym, or all that a transaction's record has sealed.",
      "Needs the vault's key; the reading is kept in the journal."
    })
final class RevealSubject implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private VaultInUse vault = new VaultInUse();

  @ArgGroup(exclusive = true, multiplicity = "1")
  private What what = new What();

  private static final class What {
    @Option(
        names = "--pseudonym",
        required = true,
        paramLabel = "P",
        description = "An account's or customer's pseudonym.")
    private @Nullable String pseudonym;

    @ArgGroup(exclusive = false)
    private @Nullable Records records;
  }

  private static final class Records {
    @Option(
        names = "--file",
        required = true,
        paramLabel = "FILE",
        description = "Transactions, decisions or alerts (Avro), of --out or of the archive.")
    private Path file = Path.of("");

    @Option(
        names = "--transaction",
        required = true,
        paramLabel = "ID",
        description = "Which of them; several with a comma between.",
        split = ",")
    private Set<String> ids = new LinkedHashSet<>();
  }

  @Override
  public Integer call() throws IOException {
    Map<String, Object> json = new LinkedHashMap<>();
    try (Vault opened = vault.open(console)) {
      Records records = what.records;
      if (records == null) {
        String pseudonym = String.valueOf(what.pseudonym);
        String account = opened.reveal(pseudonym, vault.by(), "account");
        console.out().println("account   " + account);
        json.put("pseudonym", pseudonym);
        json.put("account", account);
      } else {
        TransactionSeal seal = new TransactionSeal(opened);
        List<Map<String, Object>> all = new ArrayList<>();
        for (Transaction transaction : transactions(records)) {
          all.add(show(transaction, seal.reveal(transaction, vault.by())));
        }
        json.put("transactions", all);
      }
    }
    console.out().flush();
    console.writeJson(json);
    return 0;
  }

  private Map<String, Object> show(Transaction transaction, TransactionSeal.Revealed revealed) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("transaction_id", transaction.getTransactionId());
    json.put("account", revealed.account());
    if (transaction.getCounterparty() != null) {
      json.put("counterparty", revealed.counterparty());
    }
    if (transaction.getCustomer() != null) {
      json.put("customer", revealed.customer());
    }
    json.putAll(revealed.fields());
    json.put("attributes", revealed.attributes());
    json.forEach((key, value) -> console.out().println("%-15s %s".formatted(key, value)));
    return json;
  }

  private static List<Transaction> transactions(Records records) throws IOException {
    List<Transaction> found = new ArrayList<>();
    File file = records.file.toFile();
    if (!file.isFile()) {
      throw new CliException("--file: expected a file, got " + file + ", which is none");
    }
    Schema schema;
    try (DataFileReader<Object> reader = new DataFileReader<>(file, new GenericDatumReader<>())) {
      schema = reader.getSchema();
    }
    switch (schema.getName()) {
      case "Transaction" -> read(file, Transaction.class, each -> each, records.ids, found);
      case "Decision" -> read(file, Decision.class, Decision::getTransaction, records.ids, found);
      case "AlertRaised" ->
          read(file, AlertRaised.class, AlertRaised::getTransaction, records.ids, found);
      default ->
          throw new CliException(
              "--file: expected transactions, decisions or alerts, got " + schema.getName());
    }
    if (found.size() < records.ids.size()) {
      Set<String> missing = new LinkedHashSet<>(records.ids);
      found.forEach(each -> missing.remove(each.getTransactionId()));
      throw new CliException(
          "--transaction: expected ids of %s, got %s".formatted(file, String.join(", ", missing)));
    }
    return found;
  }

  private static <T> void read(
      File file,
      Class<T> type,
      Function<T, Transaction> transaction,
      Set<String> ids,
      List<Transaction> into)
      throws IOException {
    Set<String> left = new LinkedHashSet<>(ids);
    try (DataFileReader<T> reader = new DataFileReader<>(file, new SpecificDatumReader<>(type))) {
      while (reader.hasNext() && !left.isEmpty()) {
        Transaction each = transaction.apply(reader.next());
        if (left.remove(each.getTransactionId())) {
          into.add(each);
        }
      }
    }
  }
}
