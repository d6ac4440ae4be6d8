package io.vigil.job.archive;

import java.io.IOException;
import java.security.MessageDigest;
import org.apache.avro.file.SeekableInput;
import org.apache.flink.core.fs.FSDataInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A file of any Flink file system as Avro reads it.
 *
 * @param length of the file
 * @param digest gets what is read, which is the file's digest if nobody seeks
 */
record StoredInput(FSDataInputStream in, long length, @Nullable MessageDigest digest)
    implements SeekableInput {
  @Override
  public void seek(long place) throws IOException {
    in.seek(place);
  }

  @Override
  public long tell() throws IOException {
    return in.getPos();
  }

  @Override
  public int read(byte[] into, int at, int count) throws IOException {
    int read = in.read(into, at, count);
    if (digest != null && read > 0) {
      digest.update(into, at, read);
    }
    return read;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
