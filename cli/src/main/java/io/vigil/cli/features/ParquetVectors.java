package io.vigil.cli.features;

import blue.strategic.parquet.ParquetWriter;
import io.vigil.schema.Transaction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Types;

/**
 * Writes Parquet: transaction_id, event_time (UTC, milliseconds), account, label (1 for what is
 * known to be fraud in the end, else 0), then the features as float columns; nothing is null. Not
 * thread-safe.
 */
final class ParquetVectors implements VectorWriter {
  private static final String ID = "transaction_id";
  private static final String TIME = "event_time";
  private static final String ACCOUNT = "account";
  private static final String LABEL = "label";

  private record Row(Transaction transaction, boolean fraud, float[] vector) {}

  private final List<String> names;
  private final ParquetWriter<Row> out;

  ParquetVectors(Path file, List<String> names) throws IOException {
    this.names = names;
    this.out =
        ParquetWriter.writeFile(
            schema(names),
            file.toFile(),
            (row, to) -> {
              to.write(ID, row.transaction.getTransactionId());
              to.write(TIME, row.transaction.getEventTime());
              to.write(ACCOUNT, row.transaction.getAccount());
              to.write(LABEL, row.fraud ? 1 : 0);
              for (int i = 0; i < row.vector.length; i++) {
                to.write(names.get(i), row.vector[i]);
              }
            });
  }

  /**
   * @throws IllegalArgumentException when a feature is called as one of the other columns
   */
  private static MessageType schema(List<String> names) {
    // A spec's names are never those of fields, but label is not a field.
    if (names.contains(LABEL)) {
      throw new IllegalArgumentException(
          "feature label: expected another name, as Parquet files have a column of that name");
    }
    List<Type> columns = new ArrayList<>();
    columns.add(
        Types.required(PrimitiveTypeName.BINARY).as(LogicalTypeAnnotation.stringType()).named(ID));
    columns.add(
        Types.required(PrimitiveTypeName.INT64)
            .as(LogicalTypeAnnotation.timestampType(true, TimeUnit.MILLIS))
            .named(TIME));
    columns.add(
        Types.required(PrimitiveTypeName.BINARY)
            .as(LogicalTypeAnnotation.stringType())
            .named(ACCOUNT));
    columns.add(Types.required(PrimitiveTypeName.INT32).named(LABEL));
    for (String name : names) {
      columns.add(Types.required(PrimitiveTypeName.FLOAT).named(name));
    }
    return new MessageType("vectors", columns);
  }

  @Override
  public void write(Transaction transaction, boolean fraud, float[] vector) throws IOException {
    if (vector.length != names.size()) {
      throw new IllegalArgumentException(
          "vector: expected " + names.size() + " values, got " + vector.length);
    }
    out.write(new Row(transaction, fraud, vector));
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
