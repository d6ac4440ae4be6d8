package io.vigil.job.archive;

import java.io.IOException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;

/** Readers of a decision's keys. */
final class Projections {
  private static final String DECISION = "io.vigil.schema.Decision";

  private Projections() {}

  /** Reads the keys of decisions that were written with a schema. */
  static GenericDatumReader<GenericRecord> of(Schema writer, ArchiveDay.Part part)
      throws IOException {
    if (!DECISION.equals(writer.getFullName())) {
      throw new IOException(
          part.path() + ": expected records of " + DECISION + ", got " + writer.getFullName());
    }
    return new GenericDatumReader<>(writer, LookupKeys.PROJECTION);
  }
}
