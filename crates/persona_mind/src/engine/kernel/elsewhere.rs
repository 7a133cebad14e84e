//! Products by candle: on graphics cards, and on processors for which there are no kernels here.

use super::Inputs;
use candle_core::quantized::ggml_file::qtensor_from_ggml;
use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{Device, Module, Result, Tensor};
use std::sync::Arc;

/// A matrix that candle multiplies by, on its device.
#[derive(Debug)]
pub enum Elsewhere {
    Floats(Tensor),
    Quantised { weight: Arc<QTensor>, product: QMatMul },
}

impl Elsewhere {
    /// A matrix of as many bytes as its shape needs.
    pub fn new(dtype: GgmlDType, bytes: &[u8], shape: [usize; 2], device: &Device) -> Result<Self> {
        let weight = qtensor_from_ggml(dtype, bytes, shape.to_vec(), device)?;
        if matches!(dtype, GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16) {
            return Ok(Self::Floats(weight.dequantize(device)?));
        }
        let weight = Arc::new(weight);
        Ok(Self::Quantised { product: QMatMul::from_arc(weight.clone())?, weight })
    }

    fn device(&self) -> Device {
        match self {
            Self::Floats(weight) => weight.device().clone(),
            Self::Quantised { weight, .. } => weight.device(),
        }
    }

    pub fn bytes(&self) -> usize {
        match self {
            Self::Floats(weight) => size_of::<f32>() * weight.elem_count(),
            Self::Quantised { weight, .. } => weight.storage_size_in_bytes(),
        }
    }

    pub fn times(&self, x: &Inputs, y: &mut [f32]) -> Result<()> {
        let x = x.on(&self.device())?;
        let product = match self {
            Self::Floats(weight) => x.matmul(&weight.t()?)?,
            Self::Quantised { product, .. } => product.forward(x)?,
        };
        y.copy_from_slice(&product.flatten_all()?.to_vec1::<f32>()?);
        Ok(())
    }

    pub fn row(&self, index: usize, out: &mut [f32]) -> Result<()> {
        let index = Tensor::new(&[index as u32], &self.device())?;
        let row = match self {
            Self::Floats(weight) => weight.index_select(&index, 0)?,
            Self::Quantised { weight, .. } => weight.embedding(&index)?,
        };
        out.copy_from_slice(&row.flatten_all()?.to_vec1::<f32>()?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_multiplies_as_the_kernels_do() {
        let numbers: Vec<f32> = (0..6 * 256).map(|i| (i as f32 * 0.37).sin()).collect();
        let tensor = Tensor::from_slice(&numbers, (6, 256), &Device::Cpu).expect("as many numbers");
        for dtype in [GgmlDType::Q4K, GgmlDType::Q8_0, GgmlDType::F32] {
            let stored = QTensor::quantize(&tensor, dtype).expect("whole blocks");
            let plain: Vec<f32> = stored.dequantize(&Device::Cpu).and_then(|t| t.flatten_all()?.to_vec1()).expect("its blocks");
            let matrix = Elsewhere::new(dtype, &stored.data().expect("in memory"), [6, 256], &Device::Cpu).expect("a matrix");
            let mut row = vec![0.0; 256];
            matrix.row(4, &mut row).expect("one of the rows");
            assert_eq!(row, plain[4 * 256..5 * 256], "a row of {dtype:?}");
            let (mut x, mut y) = (Inputs::new(), vec![0.0; 6]);
            x.set(&row, 256);
            matrix.times(&x, &mut y).expect("sizes that fit");
            let expected: Vec<f32> = plain.chunks(256).map(|w| w.iter().zip(&row).map(|(a, b)| a * b).sum()).collect();
            let near = y.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 0.02 * expected[4]);
            assert!(near, "{dtype:?}: {y:?} for {expected:?}");
        }
    }
}
