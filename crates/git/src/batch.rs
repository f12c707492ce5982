//! Reads what `git cat-file --batch` prints, keeping no more than is wanted of it.

/// The objects asked for, in order. `None` where one is missing or too large.
pub(crate) struct BatchReader {
    max_bytes: usize,
    /// What may still be kept over all objects.
    room: usize,
    header: Vec<u8>,
    /// Bytes of the present object still to come, with the line end behind it.
    left: u64,
    body: Option<Vec<u8>>,
    pub(crate) objects: Vec<Option<Vec<u8>>>,
}

impl BatchReader {
    /// Keeps objects of up to `max_bytes`, and no more than `room` bytes in all.
    pub(crate) fn new(max_bytes: usize, room: usize) -> Self {
        Self { max_bytes, room, header: Vec::new(), left: 0, body: None, objects: Vec::new() }
    }

    pub(crate) fn take(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while !rest.is_empty() {
            if self.left == 0 {
                let end = rest.iter().position(|byte| *byte == b'\n');
                let (part, after) = rest.split_at(end.unwrap_or(rest.len()));
                self.header.extend_from_slice(part);
                rest = after.get(1..).unwrap_or_default();
                if end.is_some() {
                    self.begin();
                }
                continue;
            }
            let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(rest.len());
            let (part, after) = rest.split_at(length);
            if let Some(body) = &mut self.body {
                body.extend_from_slice(part);
            }
            self.left -= length as u64;
            rest = after;
            if self.left == 0 {
                let mut body = self.body.take();
                if let Some(body) = &mut body {
                    body.pop();
                }
                self.objects.push(body);
            }
        }
    }

    /// `<object> <type> <size>` or `<object> missing`.
    fn begin(&mut self) {
        let header = std::mem::take(&mut self.header);
        let header = String::from_utf8_lossy(&header);
        let size = header.split(' ').nth(2).and_then(|size| size.parse::<u64>().ok());
        let Some(size) = size else { return self.objects.push(None) };
        self.left = size.saturating_add(1);
        let wanted = usize::try_from(size).ok().filter(|size| *size <= self.max_bytes && *size <= self.room);
        self.body = wanted.map(|size| {
            self.room -= size;
            Vec::new()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::BatchReader;

    #[test]
    fn objects_are_read_from_pieces_of_any_size() {
        let output = b"aa blob 3\nx\ny\nbb missing\ncc blob 0\n\ndd blob 5\n12345\nee blob 2\nab\n";
        for size in 1..output.len() {
            let mut reader = BatchReader::new(4, 100);
            output.chunks(size).for_each(|piece| reader.take(piece));
            let expected = [Some(b"x\ny".to_vec()), None, Some(Vec::new()), None, Some(b"ab".to_vec())];
            assert_eq!(reader.objects, expected);
        }
    }
}
